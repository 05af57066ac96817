"""Sessions' logs, read as one: messages, tool calls, failed exchanges, summaries and what was posted, put
together by their times.

Each kind has an order of its own that never changes, and a place in the log is a place in each of them.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Sequence
from typing import Any

from storage.cleaning import LARGEST
from storage.listings import EventFilter, EventRow, Slice
from storage.queries import load_queries

SQL = load_queries("storage.sqlite", "events.sql")

KINDS = ("messages", "calls", "errors", "posted", "summaries")
TYPES = {
    "messages": ("message", "tool_result"),
    "calls": ("tool_call",),
    "errors": ("error",),
    "summaries": ("summary",),
}
SOURCES = {"calls": "assistant", "errors": "system", "summaries": "system"}


def events(connection: sqlite3.Connection, wanted: EventFilter, at: Sequence[int], limit: int) -> Slice[EventRow]:
    """The next entries of a session's log, or the ones before of all logs."""
    way = "after" if wanted.session is not None else "before"
    start = list(at) or [0 if way == "after" else LARGEST] * len(KINDS)
    found = [
        _rows(connection, f"{kind}_{way}", kind, wanted, (row, limit)) for kind, row in zip(KINDS, start, strict=True)
    ]
    if not at and way == "before":  # what arrives from now on is on no later page
        start = [rows[0].row + 1 if rows else 0 for rows in found]
    if way == "after":
        merged = heapq.merge(*found, key=lambda row: row.at)
    else:  # of the same time, what comes last stands first
        merged = heapq.merge(*reversed(found), key=lambda row: -row.at)
    rows = tuple(row for row, _ in zip(merged, range(limit), strict=False))
    more = sum(map(len, found)) > len(rows)
    return Slice(rows, _passed(start, rows) if more else ())


def posted(connection: sqlite3.Connection, session: bytes) -> Sequence[EventRow]:
    """All that was posted to a session."""
    return _rows(connection, "posted_after", "posted", EventFilter(session=session), (0, LARGEST - 1))


def _passed(start: list[int], rows: Sequence[EventRow]) -> tuple[int, ...]:
    """The place behind these rows."""
    last = dict(zip(KINDS, start, strict=True)) | {row.kind: row.row for row in rows}
    return tuple(last[kind] for kind in KINDS)


def _rows(
    connection: sqlite3.Connection, query: str, kind: str, wanted: EventFilter, span: tuple[int, int]
) -> list[EventRow]:
    if not _may_have(kind, wanted):
        return []
    row, limit = span
    bound = {"session": wanted.session, "owner": wanted.owner, "type": wanted.type, "role": wanted.role}
    found = connection.execute(SQL[query], {**bound, "row": row, "limit": limit + 1})
    return [EventRow(kind, *_flagged(values)) for values in found]


def _flagged(values: tuple[Any, ...]) -> tuple[Any, ...]:
    *said, ok, confidence = values
    return (*said, None if ok is None else bool(ok), confidence)


def _may_have(kind: str, wanted: EventFilter) -> bool:
    if wanted.type is not None and wanted.type not in TYPES.get(kind, (wanted.type,)):
        return False
    return wanted.role is None or wanted.role == SOURCES.get(kind, wanted.role)
