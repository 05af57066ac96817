"""Closings and their segments, as one session's and gone with it."""

from __future__ import annotations

import sqlite3

from msgspec.structs import replace

from storage.migrate import migrate
from storage.records import ClosingRecord, SegmentRecord
from storage.sqlite.closings import add_closing, add_segment, closing, summaries
from storage.sqlite.store import PACKAGE

SEGMENT = SegmentRecord(b"h", b"d", b"", 0, 4, 0, 9, "text", "extractive", b"data")
RECORD = ClosingRecord(b"d", 300, b"closing", (SEGMENT,))


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, PACKAGE)
    return connection


def test_the_first_digest_that_has_one_for_the_threshold_gives_it() -> None:
    connection = database()
    add_closing(connection, RECORD, None, 1)
    assert closing(connection, [b"x", b"d"], 300) == RECORD
    assert closing(connection, [b"d"], 400) is None
    connection.close()


def test_what_was_used_is_never_changed() -> None:
    connection = database()
    add_closing(connection, RECORD, None, 1)
    add_closing(connection, ClosingRecord(b"d", 300, b"another", (SEGMENT,)), None, 2)
    assert closing(connection, [b"d"], 300) == RECORD
    connection.close()


def test_a_closing_whose_segment_was_erased_is_none() -> None:
    connection = database()
    add_closing(connection, RECORD, None, 1)
    connection.execute("DELETE FROM segments")
    assert closing(connection, [b"d"], 300) is None
    connection.close()


def test_what_models_wrote_is_found_by_where_it_ends_the_latest_first() -> None:
    connection = database()
    add_segment(connection, SEGMENT, None, 1)
    written = [replace(SEGMENT, hash=name, summarizer="model", text=text) for name, text in ((b"i", "1"), (b"j", "2"))]
    for one in written:
        add_segment(connection, one, None, 1)
    assert summaries(connection, [b"x", b"d"]) == written[::-1]
    connection.close()
