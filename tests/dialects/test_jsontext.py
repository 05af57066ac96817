"""JSON however odd: read, cut into its verbatim pieces, made fit for a store."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.dialects.jsontext import clean, dump, elements, load, members, object_of, objects_in, places, spans, text_of

DEEP = b"[" * 100_000 + b"]" * 100_000

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["]", "}", ",", '"', "\\"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a":[1,2.5,null,true]}', {"a": [1, 2.5, None, True]}),
        (b'"\\ud83d"', "\ud83d"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b"1e400", math.inf),
        (b"-Infinity", -math.inf),
        (b'"\xff"', "\ufffd"),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b"9" * 30, int("9" * 30)),
        (b"9" * 5000, math.inf),
    ],
)
def test_what_any_reader_takes_is_read(raw: bytes, value: Any) -> None:
    assert load(raw) == value


def test_not_a_number_is_one() -> None:
    assert math.isnan(load(b"NaN"))


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"{", b'{"a":1} x', DEEP], ids=len)
def test_what_nobody_takes_is_a_value_error(raw: bytes) -> None:
    for read in (load, members, elements):
        with pytest.raises(ValueError, match=r"JSON|Expecting|Extra|nested"):
            read(raw)


def test_what_is_written_is_compact_and_reads_the_same() -> None:
    assert dump({"a": [1, "é"]}) == '{"a":[1,"é"]}'.encode()
    assert load(dump("lone \ud83d")) == "lone \ud83d"


def test_halves_of_a_pair_that_meet_are_written_as_one_character() -> None:
    assert load(dump({"a": "\ud83d" + "\ude00"})) == {"a": "\U0001f600"}


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("plain é \U0001f600", "plain é \U0001f600"),
        ("nul\0", "nul\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("lone \ud83d.", "lone \ufffd."),
        ("\0\ud83d", "\ufffd\ufffd"),
    ],
)
def test_text_is_made_fit_for_a_store(text: str, fit: str) -> None:
    assert clean(text) == fit
    assert text_of(text) == fit


@pytest.mark.parametrize("value", [None, 7, True, 1.5])
def test_what_is_of_another_kind_counts_as_empty(value: object) -> None:
    assert (text_of(value), object_of(value), objects_in(value)) == ("", {}, [])


def test_objects_are_picked_out_of_a_list() -> None:
    assert object_of({"a": 1}) == {"a": 1}
    assert objects_in([{"a": 1}, None, "x", {}]) == [{"a": 1}, {}]


@pytest.mark.parametrize("odd", [b"", b',"odd":NaN', b',"odd":"\\ud83d"', b',"odd":"\xff"'])
def test_members_keep_their_bytes_and_of_equal_keys_the_last(odd: bytes) -> None:
    found = members(b'\n{ "a" : [1, 2] , "b":"\\u0041","a":{"x": "}"} ' + odd + b" } ")
    assert (found["a"], found["b"]) == (b'{"x": "}"}', b'"\\u0041"')


@pytest.mark.parametrize("odd", [b"", b", NaN", b', "\\ud83d"', b', "\xff"'])
def test_elements_keep_their_bytes(odd: bytes) -> None:
    assert elements(b" [ 1.0 ,\t[ ], {} " + odd + b"\n]")[:3] == [b"1.0", b"[ ]", b"{}"]


@pytest.mark.parametrize("space", [b"", b" \n\t"])
def test_what_is_empty_has_no_pieces(space: bytes) -> None:
    assert list(spans(b"{" + space + b"}", "{")) == []
    assert list(spans(b"[" + space + b"]", "[")) == []


@pytest.mark.parametrize("raw", [b"7", b'"text"', b"null", b"NaN"])
def test_other_json_has_no_pieces(raw: bytes) -> None:
    assert (members(raw), elements(raw)) == ({}, [])
    assert (members(b"[1]"), elements(b'{"a":1}')) == ({}, [])


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4), st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_the_exact_way_and_the_fast_way_cut_alike(
    value: dict[str, Any], escapes: bool, indent: int | str | None
) -> None:
    raw = json.dumps(value, ensure_ascii=escapes, indent=indent).encode()
    assert [raw[start:end] for _, start, end in spans(raw, "{")] == list(members(raw).values())
    listed = json.dumps(list(value.values()), ensure_ascii=escapes, indent=indent).encode()
    assert [listed[start:end] for _, start, end in spans(listed, "[")] == elements(listed)
    assert [load(piece) for piece in elements(listed)] == list(value.values())


@pytest.mark.parametrize("raw", [b'[{"a": [1, 2]} ,\n"x,]" , 7]', b'[{"a": NaN},"x,]",7]'])
def test_places_are_where_elements_stand(raw: bytes) -> None:
    assert [raw[start:end] for start, end in places(raw)] == elements(raw)
    assert len(places(raw)) == 3
    assert places(b" [ ] ") == []
