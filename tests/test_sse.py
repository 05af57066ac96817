"""The event-stream grammar, cut anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.sse import Event, EventStream

GRAMMAR = (
    "\ufeff: hello@event: added@id: 7@data:one@data: two@@data:  three @@:@data@@retry: 3@event: lost@@data: é\u2028@@"
)
EVENTS = [(b"one\ntwo", b"added"), (b" three ", b""), (b"", b""), ("é\u2028".encode(), b"")]


def events(*chunks: bytes, closing: bytes | None = None) -> list[tuple[bytes, bytes]]:
    stream = EventStream(closing)
    found = [event for chunk in chunks for event in stream.feed(chunk)] + stream.close()
    return [(event.data, event.name) for event in found]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_each_line_end_gives_the_same_events_wherever_the_bytes_are_cut(end: str) -> None:
    wire = GRAMMAR.replace("@", end).encode()
    assert events(wire) == EVENTS
    assert events(*(wire[at : at + 1] for at in range(len(wire)))) == EVENTS
    for at in range(len(wire)):
        assert events(wire[:at], wire[at:]) == EVENTS


def test_a_chunk_of_whole_events_says_where_each_begins() -> None:
    assert EventStream().feed(b"data: {}\n\ndata: []\n\n") == [Event(b"{}", b"", 0), Event(b"[]", b"", 10)]


@pytest.mark.parametrize(
    "chunk", [b"data: 1\ndata: 2\n\n", b"data: 1\n\nid: 4\ndata: 2\n\n", b"data: 1\r\ndata: 2\n\n"]
)
def test_what_only_looks_like_the_usual_chunk_is_read_line_by_line(chunk: bytes) -> None:
    assert b"".join(data for data, _ in events(chunk)).replace(b"\n", b"") == b"12"


def test_a_start_is_counted_in_the_chunk_that_ends_the_event() -> None:
    stream = EventStream()
    assert stream.feed(b": x\nevent: a\ndata: 1\n\nda") == [Event(b"1", b"a", 4)]
    assert stream.feed(b"ta: 2\n\ndata: 3\n") == [Event(b"2", b"", 0)]
    assert stream.feed(b"\ndata: 4\r") == [Event(b"3", b"", 0)]
    assert stream.feed(b"\n\r\nevent: z\r\n\r\n") == [Event(b"4", b"", 0)]
    assert stream.feed(b"\ndata: 5\n\n") == [Event(b"5", b"", 1)]


def test_a_bare_cr_ends_its_line_at_once_and_its_lf_is_no_second_end() -> None:
    stream = EventStream()
    assert stream.feed(b"data: 1\r") == []
    assert stream.feed(b"") == []
    assert stream.feed(b"\n") == []
    assert stream.feed(b"data: 2\n\r") == [Event(b"1\n2", b"", 0)]
    assert stream.feed(b"\ndata: 3\n\n") == [Event(b"3", b"", 1)]


def test_a_closing_line_is_an_event_without_its_blank_line() -> None:
    stream = EventStream(b"[DONE]")
    assert stream.feed(b"data: 1\n\ndata: [DO") == [Event(b"1", b"", 0)]
    assert stream.feed(b"NE]\n") == [Event(b"[DONE]", b"", 0)]
    assert stream.feed(b"\n") == []


def test_a_closing_line_within_a_longer_payload_closes_nothing() -> None:
    assert events(b"data: 1\ndata: [DONE]\n\n", closing=b"[DONE]") == [(b"1\n[DONE]", b"")]


def test_a_stream_that_breaks_off_gives_its_last_event_once() -> None:
    stream = EventStream()
    assert stream.feed(b"data: 1\ndata: 2") == []
    assert stream.close() == [Event(b"1\n2")]
    assert stream.close() == []
    assert events(b"data: [DONE]", closing=b"[DONE]") == [(b"[DONE]", b"")]


@settings(deadline=None)
@given(st.lists(st.sampled_from([b"data: a", b"data:", b"event: b", b":", b"\n", b"\r", b"\r\n", b"x"])), st.data())
def test_cuts_never_matter(pieces: list[bytes], data: st.DataObject) -> None:
    wire = b"".join(pieces)
    cut = data.draw(st.integers(0, len(wire)))
    assert events(wire[:cut], wire[cut:]) == events(wire)
