"""Where segments stand on a session's messages."""

from __future__ import annotations

import sqlite3

from storage.browsing import Span
from storage.migrate import migrate
from storage.records import ClosingRecord, NewSession, Planned, SegmentRecord
from storage.sqlite.spans import spans
from storage.sqlite.store import PACKAGE
from storage.sqlite.writing import Writer
from tests.cli.recordings import closed, link, opened
from tests.cli.rows import NOON, SECOND, id_of

FIRST = link("user", "Hello")
ANSWER = link("assistant", "Hello!", FIRST.digest)
NEXT = link("user", "And on?", ANSWER.digest)
LAST = link("assistant", "On.", NEXT.digest)
ONE = SegmentRecord(b"one", ANSWER.digest, b"", 0, 2, 0, 3, "They greeted.", "extractive", b"data")
TWO = SegmentRecord(b"two", NEXT.digest, ANSWER.digest, 2, 3, 0, 4, "They went on.", "model", b"data")
AT = NOON + SECOND + SECOND // 2


def written(planned: Planned | None) -> list[Span]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, PACKAGE)
    first = opened(1, 1, [FIRST], new=NewSession()), closed(1, [ANSWER], planned=planned)
    Writer(connection).commit([*first, opened(2, 1, [NEXT]), closed(2, [LAST])])
    found = spans(connection, id_of(1))
    assert spans(connection, id_of(2)) == []
    connection.close()
    return list(found)


def test_a_segment_stands_between_two_messages() -> None:
    closing = ClosingRecord(b"end", 5, b"data", (ONE, TWO))
    assert written(Planned(9, 5, b"plan", (), closing)) == [
        Span(0, 2, 0, 3, "They greeted.", "extractive", AT),
        Span(2, 3, 0, 4, "They went on.", "model", AT),
    ]


def test_where_nothing_was_made_shorter_no_segment_stands() -> None:
    assert written(None) == []
