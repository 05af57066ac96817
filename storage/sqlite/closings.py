"""Closings, their segments and the plans that name them: written once, and read by the digest that they cover."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from storage.cleaning import clean_text
from storage.packing import QUICK, pack, pack_blob, unpack, unpack_blob
from storage.queries import load_queries
from storage.records import ClosingRecord, CompactedRow, Planned, PlanRow, SegmentRecord, SegmentRow

SQL = load_queries("storage.sqlite", "closings.sql")
DAY = 86_400_000_000


def packed_plan(record: Planned | None) -> tuple[object, ...]:
    """What an exchange's own row holds of its plan: tokens, and the plan with the names of its texts."""
    if record is None:
        return None, None, None
    listed = msgspec.msgpack.encode((record.plan, [blob.hash for blob in record.texts]))
    return record.sent_tokens, record.forwarded_tokens, pack(listed) if record.plan else None


def add_planned(connection: sqlite3.Connection, record: Planned, session: int | None, at: int) -> None:
    """Write the texts of a plan, and its closing if it is new."""
    for blob in record.texts:
        if not connection.execute(SQL["holds_text"], (session or 0, blob.hash)).fetchone():  # most come again
            connection.execute(SQL["add_text"], (session or 0, blob.hash, *pack_blob(blob.data, QUICK)))
    if record.closing is not None:
        add_closing(connection, record.closing, session, at)


def add_closing(connection: sqlite3.Connection, record: ClosingRecord, session: int | None, at: int) -> None:
    """Write a closing with those of its segments that are new."""
    rows = [add_segment(connection, one, session, at) for one in record.segments]
    values = (record.digest, record.threshold, session, at, *pack_blob(record.data), msgspec.msgpack.encode(rows))
    connection.execute(SQL["add_closing"], values)


def add_segment(connection: sqlite3.Connection, one: SegmentRecord, session: int | None, at: int) -> int:
    """Write a segment if it is new; its row."""
    found = connection.execute(SQL["segment_row"], (one.hash,)).fetchone()
    if found is not None:  # most come again with the next closing
        return int(found[0])
    span = (one.start, one.end, one.level, one.tokens)
    said = (clean_text(one.text), one.summarizer, *pack_blob(one.data), at)
    values = (one.hash, session, one.digest, one.parent, *span, *said)
    return int(connection.execute(SQL["add_segment"], values).lastrowid or 0)


def closing(connection: sqlite3.Connection, digests: Sequence[bytes], threshold: int) -> ClosingRecord | None:
    """The closing of the first of the digests that has one for the threshold."""
    for digest in digests:
        row = connection.execute(SQL["closing"], (digest, threshold)).fetchone()
        if row is not None:
            packed, data, listed = row
            numbers = msgspec.msgpack.decode(listed, type=list[int])
            segments = [one for number in numbers if (one := _segment(connection, number))]
            if len(segments) == len(numbers):  # others may have been erased with their session
                return ClosingRecord(digest, threshold, unpack_blob(packed, data), tuple(segments))
    return None


def _segment(connection: sqlite3.Connection, number: int) -> SegmentRecord | None:
    row = connection.execute(SQL["segment"], (number,)).fetchone()
    return _segment_of(row) if row is not None else None


def _segment_of(row: tuple[Any, ...]) -> SegmentRecord:
    return SegmentRecord(*(*row[:9], unpack_blob(*row[9:])))


def summaries(connection: sqlite3.Connection, digests: Sequence[bytes]) -> Sequence[SegmentRecord]:
    """What models wrote of runs that end at these digests, the latest first."""
    rows = [row for digest in digests for row in connection.execute(SQL["summaries"], (digest,))]
    return [_segment_of(row) for row in rows]


def segments(connection: sqlite3.Connection, session: bytes) -> Sequence[SegmentRow]:
    """A session's segments, as they were made."""
    return [SegmentRow(*row) for row in connection.execute(SQL["segments"], (session,))]


def plan(connection: sqlite3.Connection, exchange: bytes) -> PlanRow | None:
    """What was changed of a request on its way, with the texts that its plan names; None if nothing was."""
    row = connection.execute(SQL["plan"], (exchange,)).fetchone()
    if row is None:
        return None
    session, packed, sent, forwarded, dialect, model, adds_usage = row
    told = PlanRow(b"", sent, forwarded, dialect, model, adds_usage=bool(adds_usage))
    if packed is None:
        return told
    plan, names = _unpacked(packed)
    found = {name: connection.execute(SQL["text"], (session, name)).fetchone() for name in names}
    texts = {name.hex(): unpack_blob(*text).decode() for name, text in found.items() if text}
    return msgspec.structs.replace(told, plan=plan, texts=texts)


def text_names(packed: bytes) -> list[bytes]:
    """The hashes of the texts that a plan names, given what its exchange's row holds of it."""
    return _unpacked(packed)[1]


def _unpacked(packed: bytes) -> tuple[bytes, list[bytes]]:
    return msgspec.msgpack.decode(unpack(packed), type=tuple[bytes, list[bytes]])


def compacted(
    connection: sqlite3.Connection, session: bytes | None, owner: bytes | None, since: int, until: int
) -> Sequence[CompactedRow]:
    """The exchanges of which less was forwarded than was sent, and those that asked for summaries; of whole days."""
    days = since // DAY * DAY, (until // DAY + 1) * DAY if until else 0
    rows = connection.execute(SQL["compacted"], (session, owner, *days))
    return [CompactedRow(*(*row, bool(summary))) for *row, summary in rows]
