"""Rows by pages. A page's end is the row that it ended with, so nothing that arrives meanwhile shifts the next one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from storage.cleaning import clean_text
from storage.listings import EventFilter, EventRow, ExchangeFilter, SessionFilter, Slice
from storage.queries import load_queries
from storage.records import ExchangeRow, SessionRow
from storage.sqlite import events, reading
from storage.sqlite.connection import Work
from storage.sqlite.terms import fold
from storage.values import Value

SQL = load_queries("storage.sqlite", "listing.sql")
BEYOND = 2**63 - 1

T = TypeVar("T")
Filter = TypeVar("Filter", bound=Value)


def sessions(connection: sqlite3.Connection, wanted: SessionFilter, at: Sequence[int], limit: int) -> Slice[SessionRow]:
    """The next sessions, newest first or by their activity."""
    updated, row = at if wanted.active and at else (BEYOND, *(at or (BEYOND,)))
    query = "sessions_active" if wanted.active else "sessions_newest"
    bound = msgspec.structs.asdict(wanted) | {"updated": updated, "row": row}
    needle = fold(clean_text(wanted.q))
    found: list[tuple[SessionRow, int]] = []
    for values in connection.execute(SQL[query], bound):
        session = reading.session_row(values[:-1])
        if not needle or any(needle in fold(text) for text in _said(session)):
            found.append((session, values[-1]))
        if len(found) > limit:
            break
    rows = tuple(session for session, _ in found[:limit])
    if len(found) <= limit or not rows:
        return Slice(rows)
    last = found[limit - 1][1]
    return Slice(rows, (rows[-1].updated_at, last) if wanted.active else (last,))


def _said(session: SessionRow) -> tuple[str, ...]:
    return (session.title, session.name or "", *session.tags, *session.meta, *session.meta.values())


def exchanges(
    connection: sqlite3.Connection, wanted: ExchangeFilter, at: Sequence[int], limit: int
) -> Slice[ExchangeRow]:
    """The next exchanges, newest first."""
    query = "exchanges_within" if wanted.session is not None else "exchanges_newest"
    bound = msgspec.structs.asdict(wanted) | {"row": at[0] if at else BEYOND, "limit": limit + 1}
    found = connection.execute(SQL[query], bound).fetchall()
    rows = tuple(reading.exchange_row(values[:-1]) for values in found[:limit])
    return Slice(rows, (found[limit - 1][-1],) if len(found) > limit else ())


def exchange(connection: sqlite3.Connection, uid: bytes, owner: bytes | None) -> ExchangeRow | None:
    """One exchange."""
    values = connection.execute(SQL["exchange"], (uid, owner)).fetchone()
    return None if values is None else reading.exchange_row(values)


class SqliteListings:
    """``storage.listings.Listings``; ``read`` runs work at one moment of the store."""

    def __init__(self, read: Callable[[Work[Any]], Any]) -> None:
        self._read = read

    async def sessions(self, wanted: SessionFilter, at: Sequence[int], limit: int) -> Slice[SessionRow]:
        return await self._page(sessions, wanted, at, limit)

    async def exchanges(self, wanted: ExchangeFilter, at: Sequence[int], limit: int) -> Slice[ExchangeRow]:
        return await self._page(exchanges, wanted, at, limit)

    async def events(self, wanted: EventFilter, at: Sequence[int], limit: int) -> Slice[EventRow]:
        return await self._page(events.events, wanted, at, limit)

    async def posted(self, session: bytes) -> Sequence[EventRow]:
        found: Sequence[EventRow] = await self._read(lambda connection: events.posted(connection, session))
        return found

    async def bodies(self, messages: Sequence[int]) -> Sequence[bytes]:
        found: Sequence[bytes] = await self._read(
            lambda connection: [reading.whole_body(connection, message) for message in messages]
        )
        return found

    async def exchange(self, id: bytes, owner: bytes | None = None) -> ExchangeRow | None:
        found: ExchangeRow | None = await self._read(lambda connection: exchange(connection, id, owner))
        return found

    async def _page(
        self,
        rows: Callable[[sqlite3.Connection, Filter, Sequence[int], int], Slice[T]],
        wanted: Filter,
        at: Sequence[int],
        limit: int,
    ) -> Slice[T]:
        found: Slice[T] = await self._read(lambda connection: rows(connection, wanted, at, limit))
        return found
