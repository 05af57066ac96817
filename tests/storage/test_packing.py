"""What is packed comes back, and what is alike gets small."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import packing


@given(st.binary(max_size=9000))
def test_a_residue_comes_back(data: bytes) -> None:
    assert packing.unpack(packing.pack(data)) == data


@given(st.binary(max_size=3000), st.binary(max_size=3000))
def test_a_form_comes_back_given_the_stored_message(form: bytes, stored: bytes) -> None:
    assert packing.unpack_form(packing.pack_form(form, stored), stored) == form


def test_large_forms_come_back() -> None:
    stored = os.urandom(20_000)
    form = stored.replace(b"a", b"bb")
    packed = packing.pack_form(form, stored)
    assert packing.unpack_form(packed, stored) == form
    assert len(packed) < len(form) // 2


def test_a_message_in_its_stored_form_takes_no_space() -> None:
    assert packing.pack_form(b"same", b"same") == b""


def test_a_message_that_was_dumped_anew_takes_little_space() -> None:
    text = b"the quick brown fox jumps over the lazy dog " * 9
    stored = b'{"role": "assistant", "content": "' + text + b'", "refusal": null}'
    assert len(packing.pack_form(b'{"content":"' + text + b'","role":"assistant"}', stored)) < 40


@given(st.binary(max_size=500))
def test_content_comes_back(data: bytes) -> None:
    assert packing.unpack_blob(*packing.pack_blob(data)) == data
    assert packing.unpack_blob(*packing.pack_blob(data, packing.QUICK)) == data


def test_content_is_packed_only_where_that_makes_it_smaller() -> None:
    assert packing.pack_blob(b"a" * 64) == (False, b"a" * 64)
    noise = os.urandom(200)
    assert packing.pack_blob(noise) == (False, noise)
    assert packing.pack_blob(b"a" * 65)[0]


SHARED = {b"#t": b"[1,2]", b"#s": b'"Be brief."'}


def test_shared_content_is_left_out_of_what_stands_around_the_messages() -> None:
    before, after = b'{"system":"Be brief.","messages":[', b'],"tools":[1,2]}'
    packed = packing.pack_residue(before, after, SHARED)
    assert not [data for data in SHARED.values() if data in packed]
    assert packing.unpack_residue(packed, SHARED.__getitem__) == (before, after)


@pytest.mark.parametrize(
    ("before", "after"), [(b"a", b"b"), (b"[1,2][1,2]", b"[1,2]"), (b'"Be brief."[1,2]', b""), (b"", b"")]
)
def test_what_stands_around_comes_back_wherever_shared_content_stands_in_it(before: bytes, after: bytes) -> None:
    assert packing.unpack_residue(packing.pack_residue(before, after, SHARED), SHARED.__getitem__) == (before, after)


def test_what_stands_around_names_the_shared_content_in_it() -> None:
    packed = packing.pack_residue(b"before TOOLS between SYSTEM", b"after", {b"t": b"TOOLS", b"s": b"SYSTEM"})
    assert packing.residue_names(packed) == {b"t", b"s"}


def test_shared_content_within_other_shared_content_is_left_out_with_it() -> None:
    shared = {b"#t": b"[[1,2],3]", b"#s": b"[1,2]"}
    packed = packing.pack_residue(b"<[[1,2],3]>", b"", shared)
    assert packing.unpack_residue(packed, shared.__getitem__) == (b"<[[1,2],3]>", b"")
