"""``storage.owners.Owners`` over one file: what each has, and how two become one."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from storage.owners import OwnerRow
from storage.queries import load_queries
from storage.sqlite.connection import Work

SQL = load_queries("storage.sqlite", "owners.sql")


def rows(connection: sqlite3.Connection) -> Sequence[OwnerRow]:
    """All owners that something was recorded of."""
    taken: dict[bytes, list[bytes]] = defaultdict(list)
    for alias, owner in connection.execute(SQL["aliases"]):
        taken[owner].append(alias)
    found = connection.execute(SQL["owners"])
    return [
        OwnerRow(hash, sessions, exchanges, first_at, last_at, tuple(taken[hash]))
        for hash, sessions, exchanges, first_at, last_at in found
    ]


def aliases(connection: sqlite3.Connection) -> Mapping[bytes, bytes]:
    """Who is taken for whom."""
    return dict(connection.execute(SQL["aliases"]).fetchall())


def join(connection: sqlite3.Connection, owner: bytes, alias: bytes, at: int) -> int:
    """Make one owner out of two; a session whose name is taken there loses it."""
    owner = aliases(connection).get(owner, owner)
    if owner == alias:
        return 0
    connection.execute(SQL["add_owner"], (owner, at))
    connection.execute(SQL["hand_on"], (alias, owner))
    connection.execute(SQL["add_alias"], (alias, owner))
    for step in ("unname", "move_sessions"):
        connection.execute(SQL[step], (alias, owner))
    return connection.execute(SQL["move_exchanges"], (alias, owner)).rowcount


class SqliteOwners:
    """``read`` runs work at one moment of the store, ``write`` as one transaction."""

    def __init__(self, read: Callable[[Work[Any]], Any], write: Callable[[Work[Any]], Any]) -> None:
        self._read = read
        self._write = write

    async def rows(self) -> Sequence[OwnerRow]:
        found: Sequence[OwnerRow] = await self._read(rows)
        return found

    async def aliases(self) -> Mapping[bytes, bytes]:
        found: Mapping[bytes, bytes] = await self._read(aliases)
        return found

    async def join(self, owner: bytes, alias: bytes, at: int) -> int:
        return int(await self._write(lambda connection: join(connection, owner, alias, at)))
