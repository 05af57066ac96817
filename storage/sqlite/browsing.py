"""A leaf of a list at a time, read back as rows. Each function takes a connection and changes nothing."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from storage.browsing import Balance, Leaf, Running, Size, Span, Twig, Wanted
from storage.holes import fill
from storage.queries import load_queries
from storage.sqlite.balances import balances
from storage.sqlite.reading import Row, call_row, exchange_row, message_row, session_row, shared
from storage.sqlite.spans import spans
from storage.views import CallRow, ExchangeRow, MessageRow

SQL = load_queries("storage.sqlite", "browsing.sql")
EXAMINED = 5000
"""So many sessions are looked at for one leaf, however few of them are wanted: the next leaf goes on from there."""
EVER = 1 << 62

T = TypeVar("T")


class Reads(Protocol):
    """Runs a function over one moment of the store."""

    def __call__(self, work: Callable[[sqlite3.Connection], T], /) -> Awaitable[T]:
        """What the function returns."""
        ...


def sessions(connection: sqlite3.Connection, wanted: Wanted) -> Leaf:
    """The next sessions that are wanted."""
    since, until = wanted.since, wanted.until or EVER
    before = wanted.before or (None, None)
    tag = json.dumps(wanted.tag, ensure_ascii=False) if wanted.tag else ""
    narrowed = (wanted.owner, wanted.model, wanted.app, tag, wanted.errors, wanted.limit + 1)
    rows = connection.execute(SQL["leaf"], (*narrowed, since, until, *before, EXAMINED)).fetchall()
    shown = rows[: wanted.limit]
    leaf = tuple(session_row(row[1:]) for row in shown)
    if len(rows) > wanted.limit:
        return Leaf(leaf, (leaf[-1].updated_at, shown[-1][0]))
    end = connection.execute(SQL["leaf_end"], (since, until, *before, EXAMINED - 1, wanted.owner)).fetchone()
    return Leaf(leaf, end)


def changed_at(connection: sqlite3.Connection) -> int:
    """The latest activity."""
    (at,) = connection.execute(SQL["changed_at"]).fetchone()
    return int(at)


def outline(connection: sqlite3.Connection, uid: bytes) -> Sequence[Twig]:
    """A session's tree without its messages."""
    return list(map(Twig._make, connection.execute(SQL["outline"], (uid,))))


def messages(connection: sqlite3.Connection, uid: bytes, ids: Sequence[int]) -> Sequence[MessageRow]:
    """Some messages of a session."""
    return _some(connection, "messages", uid, ids, message_row)


def body(connection: sqlite3.Connection, uid: bytes, message: int) -> bytes | None:
    """A whole message; None if there is none, or a part of it was not kept."""
    row = connection.execute(SQL["body"], (uid, message)).fetchone()
    try:
        return fill(row[0], partial(shared, connection)) if row else None
    except LookupError:
        return None


def calls(connection: sqlite3.Connection, uid: bytes, ids: Sequence[int]) -> Sequence[CallRow]:
    """Some tool calls of a session."""
    return _some(connection, "calls", uid, ids, call_row)


def exchanges(connection: sqlite3.Connection, uid: bytes, ids: Sequence[int]) -> Sequence[ExchangeRow]:
    """Some exchanges of a session."""
    return _some(connection, "exchanges", uid, ids, exchange_row)


def _some(
    connection: sqlite3.Connection, query: str, uid: bytes, ids: Sequence[int], read: Callable[[Row], T]
) -> Sequence[T]:
    return [read(row) for row in connection.execute(SQL[query], (uid, json.dumps(list(ids))))]


def size(connection: sqlite3.Connection) -> Size:
    """How much there is, as far as it can be told without counting."""
    page, pages, free = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count")
    )
    version, sessions_made, done, newest, lost = connection.execute(SQL["size"]).fetchone()
    return Size(version, page * pages, page * free, sessions_made, newest - done, lost)


def running(connection: sqlite3.Connection, uid: bytes) -> Sequence[Running]:
    """Those that have not ended, with what was checkpointed of them."""
    found = []
    for row, exchange_uid, at, dialect, model, stream, tip in connection.execute(SQL["running"], (uid,)).fetchall():
        pieces = connection.execute(SQL["checkpoints"], (row,)).fetchall()
        data = b"".join(zlib.decompress(piece) for (piece,) in pieces)
        found.append(Running(exchange_uid, at, dialect, model, bool(stream), tip, data))
    return found


class SqliteBrowsing:
    """``storage.browsing.Browsing`` over a store's readers."""

    def __init__(self, read: Reads) -> None:
        self._read = read

    async def sessions(self, wanted: Wanted) -> Leaf:
        return await self._read(lambda connection: sessions(connection, wanted))

    async def changed_at(self) -> int:
        return await self._read(changed_at)

    async def outline(self, session: bytes) -> Sequence[Twig]:
        return await self._read(lambda connection: outline(connection, session))

    async def spans(self, session: bytes) -> Sequence[Span]:
        return await self._read(lambda connection: spans(connection, session))

    async def messages(self, session: bytes, ids: Sequence[int]) -> Sequence[MessageRow]:
        return await self._read(lambda connection: messages(connection, session, ids))

    async def body(self, session: bytes, id: int) -> bytes | None:
        return await self._read(lambda connection: body(connection, session, id))

    async def calls(self, session: bytes, ids: Sequence[int]) -> Sequence[CallRow]:
        return await self._read(lambda connection: calls(connection, session, ids))

    async def exchanges(self, session: bytes, ids: Sequence[int]) -> Sequence[ExchangeRow]:
        return await self._read(lambda connection: exchanges(connection, session, ids))

    async def balances(self, owner: bytes | None, day: str) -> Sequence[Balance]:
        return await self._read(lambda connection: balances(connection, owner, day))

    async def size(self) -> Size:
        return await self._read(size)

    async def running(self, session: bytes) -> Sequence[Running]:
        return await self._read(lambda connection: running(connection, session))
