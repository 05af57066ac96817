"""The waits of a reply."""

from __future__ import annotations

from proxy.replay.pacing import frames_of, paced
from storage.upkeep import Take


def take(at: int, first: int, ended: int) -> Take:
    return Take(b"", "", "chat", "m", True, 200, b"", 0, at, first, ended)


def test_a_stream_is_cut_behind_each_frame() -> None:
    assert frames_of(b"data: a\n\ndata: b\r\n\r\ndata: c") == [b"data: a\n\n", b"data: b\r\n\r\n", b"data: c"]
    assert frames_of(b"") == []


def test_pieces_take_the_time_that_they_took() -> None:
    waits = [wait for wait, _ in paced([b"a", b"b", b"c"], take(0, 1_000_000, 3_000_000))]
    assert waits == [1.0, 1.0, 1.0]
    assert [wait for wait, _ in paced([b"a"], take(0, 0, 2_000_000))] == [2.0]
