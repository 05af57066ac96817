"""Closings, their segments and the plans that name them: written once, and read by the digest that they cover."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from storage.cleaning import clean_text
from storage.packing import pack_blob, unpack, unpack_blob
from storage.queries import load_queries
from storage.records import ClosingRecord, CompactedRow, PlanRow, SegmentRecord, SegmentRow

SQL = load_queries("storage.sqlite", "closings.sql")


def add_closing(connection: sqlite3.Connection, record: ClosingRecord, session: int | None, at: int) -> None:
    """Write a closing with those of its segments that are new."""
    rows = [_add_segment(connection, one, session, at) for one in record.segments]
    values = (record.digest, record.threshold, session, at, *pack_blob(record.data), msgspec.msgpack.encode(rows))
    connection.execute(SQL["add_closing"], values)


def _add_segment(connection: sqlite3.Connection, one: SegmentRecord, session: int | None, at: int) -> int:
    span = (one.start, one.end, one.level, one.tokens)
    said = (clean_text(one.text), one.summarizer, *pack_blob(one.data), at)
    cursor = connection.execute(SQL["add_segment"], (one.hash, session, one.digest, one.parent, *span, *said))
    if cursor.rowcount and cursor.lastrowid is not None:
        return cursor.lastrowid
    (row,) = connection.execute(SQL["segment_row"], (one.hash,)).fetchone()
    return int(row)


def closing(connection: sqlite3.Connection, digests: Sequence[bytes], threshold: int) -> ClosingRecord | None:
    """The closing of the first of the digests that has one for the threshold."""
    for digest in digests:
        row = connection.execute(SQL["closing"], (digest, threshold)).fetchone()
        if row is not None:
            packed, data, listed = row
            numbers = msgspec.msgpack.decode(listed, type=list[int])
            segments = tuple(_segment(connection, number) for number in numbers)
            return ClosingRecord(digest, threshold, unpack_blob(packed, data), segments)
    return None


def _segment(connection: sqlite3.Connection, number: int) -> SegmentRecord:
    row = connection.execute(SQL["segment"], (number,)).fetchone()
    return SegmentRecord(*(*row[:9], unpack_blob(*row[9:])))


def segments(connection: sqlite3.Connection, session: bytes) -> Sequence[SegmentRow]:
    """A session's segments, as they were made."""
    return [SegmentRow(*row) for row in connection.execute(SQL["segments"], (session,))]


def plan(connection: sqlite3.Connection, exchange: bytes) -> PlanRow | None:
    """The plan of an exchange with the texts that it names; None if it has none."""
    row = connection.execute(SQL["plan"], (exchange,)).fetchone()
    if row is None or row[0] is None:
        return None
    return PlanRow(unpack(row[0]), *row[1:])


def compacted(connection: sqlite3.Connection, session: bytes | None) -> Sequence[CompactedRow]:
    """The exchanges of which less was forwarded than was sent."""
    return [CompactedRow(*row) for row in connection.execute(SQL["compacted"], (session,))]
