"""What a segment's summary stands for: the messages between the two prefixes that name it."""

from __future__ import annotations

import sqlite3

from storage.queries import load_queries
from storage.records import Expanded, SegmentRow
from storage.sqlite.reading import message_row

SQL = load_queries("storage.sqlite", "expanding.sql")


def expanded(connection: sqlite3.Connection, hash: bytes, owner: bytes | None) -> Expanded | None:
    """A segment with its messages; None if none of the owner's sessions holds it."""
    found = connection.execute(SQL["segment_at"], (hash, owner)).fetchone()
    if found is None:
        return None
    *values, session = found
    segment = SegmentRow(*values)
    rows = connection.execute(SQL["stood_for"], (segment.digest, segment.parent, session))
    return Expanded(segment, session, tuple(map(message_row, rows)))
