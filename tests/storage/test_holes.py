"""Content cut out of messages: they come back as they were, and say what was there."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.holes import Content, cut, fill, named, size_text, tell, without_lost

IMAGE = bytes(range(256)) * 5
HASH = bytes(range(16))
PICTURE = Content(HASH, IMAGE, "image 640x480 png")
URL = "data:image/png;base64," + b64encode(IMAGE).decode()


def kept(hash: bytes) -> bytes:
    return {HASH: IMAGE}[hash]


@pytest.mark.parametrize(
    "body", [json.dumps({"url": URL}).encode(), json.dumps({"url": URL}).replace("/", "\\/").encode()]
)
def test_a_message_names_what_was_cut_out_of_it(body: bytes) -> None:
    short, _ = cut(body + b"\0", [PICTURE])
    assert named(short) == {HASH}
    assert named(body) == set()


@pytest.mark.parametrize(
    "body", [json.dumps({"url": URL}).encode(), json.dumps({"url": URL}).replace("/", "\\/").encode()]
)
def test_a_message_with_an_image_comes_back_however_its_slashes_are_written(body: bytes) -> None:
    short, found = cut(body, [PICTURE])
    assert found == [PICTURE]
    assert len(short) < 120
    assert fill(short, kept) == body


def test_words_stand_where_the_image_was() -> None:
    short, _ = cut(json.dumps({"url": URL}).encode(), [PICTURE])
    assert json.loads(tell(short)) == {"url": "data:image/png;base64,[image 640x480 png 1 KB #00010203]"}


def test_what_is_kept_nowhere_says_so() -> None:
    short, _ = cut(URL.encode(), [Content(HASH, IMAGE, "audio\0 wav", kept=False)])
    assert tell(short) == b"data:image/png;base64,[audio wav 1 KB #00010203, not kept]"


def test_what_is_missing_cannot_be_filled_in() -> None:
    short, _ = cut(URL.encode(), [Content(b"x" * 16, IMAGE, "")])
    with pytest.raises(LookupError):
        fill(short, kept)


def test_all_places_of_an_image_are_cut_out() -> None:
    short, found = cut(f"{URL} {URL}".encode(), [PICTURE])
    assert len(found) == 1
    assert fill(short, kept) == f"{URL} {URL}".encode()


def test_short_content_and_content_that_is_not_there_stay() -> None:
    body = b'{"data":"QUJD"}'
    assert cut(body, [Content(HASH, b"ABC", "")]) == (body, [])
    assert cut(body, [PICTURE]) == (body, [])


def test_a_message_without_holes_is_the_very_same() -> None:
    body = b'{"role":"user"}'
    assert fill(body, kept) is body
    assert tell(body) is body


@given(st.lists(st.sampled_from([b"\0", b"b", b"0", b"f" * 32, b" 1 ", URL.encode(), HASH.hex().encode()])))
def test_whatever_stands_in_a_message_comes_back(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    assert fill(cut(body, [PICTURE])[0], kept) == body


def test_a_nul_is_told_as_it_is() -> None:
    assert tell(cut(b"a\0b", [])[0]) == b"a\0b"


def test_of_content_within_content_both_come_back() -> None:
    inner = IMAGE[:300]
    body = URL.encode() + b" " + b64encode(inner)
    short, found = cut(body, [Content(b"i" * 16, inner, ""), PICTURE])
    assert len(found) == 2
    assert fill(short, lambda hash: IMAGE if hash == HASH else inner) == body


@pytest.mark.parametrize(
    ("size", "text"),
    [(12, "12 bytes"), (999, "999 bytes"), (12_345, "12 KB"), (5_000_000, "5 MB"), (10**13, "10000 GB")],
)
def test_a_size_is_said_as_people_say_it(size: int, text: str) -> None:
    assert size_text(size) == text


def test_what_is_not_kept_can_be_left_out() -> None:
    contents = [Content(b"\1" * 16, b"a" * 30, ""), Content(b"\2" * 16, b"b" * 30, "", kept=False)]
    body, _ = cut(b"\0 " + b64encode(b"a" * 30) + b" " + b64encode(b"b" * 30), contents)
    assert fill(without_lost(body), {b"\1" * 16: b"a" * 30}.__getitem__) == b"\0 " + b64encode(b"a" * 30) + b" "
