"""Changes by hand: sessions made, described, merged and split. Each function is one part of a transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from storage.cleaning import cleaned
from storage.listings import Amendment
from storage.queries import load_queries
from storage.records import NewSession
from storage.sqlite import sharing
from storage.sqlite.closings import text_names
from storage.sqlite.connection import Work
from storage.sqlite.generation import Generation

SQL = load_queries("storage.sqlite", "editing.sql")
MOVING = ("places", "exchanges", "calls", "posted", "planned", "segments", "closings", "uses", "children")
JOINING = ("join_flags", "drop_twins", *(f"move_{what}" for what in MOVING))
LEFT = ("drop_planned", "drop_uses", "drop_session")
"""What both had is left with the one that goes."""
MOVED = "CREATE TEMP TABLE IF NOT EXISTS moved (id INTEGER PRIMARY KEY)"


def create(connection: sqlite3.Connection, uid: bytes, owner: bytes, at: int, new: NewSession) -> bool:
    """A session that nothing was said in so far; ``new.parent`` is the hexadecimal id of one of its owner's."""
    connection.execute(SQL["add_owner"], (owner, at))
    parent = bytes.fromhex(new.parent) if new.parent else None
    said = (new.title, json.dumps(new.tags), json.dumps(new.meta))
    made = connection.execute(SQL["create"], (uid, owner, new.name, parent, *said, at))
    if made.rowcount < 1:
        return False
    if new.name:
        connection.execute(SQL["adopt"], (made.lastrowid, new.name))
    return True


def amend(connection: sqlite3.Connection, uid: bytes, amendment: Amendment) -> bool:
    """Change what is said of a session, and where it stands; not below itself."""
    row = _row(connection, uid)
    if amendment.parent is not None:
        parent = _row(connection, amendment.parent) if amendment.parent else None
        if parent is not None and connection.execute(SQL["is_below"], (parent, row)).fetchone():
            return False
        connection.execute(SQL["set_parent"], (row, parent))
    said = (amendment.title, _json(amendment.tags), _json(amendment.meta))
    connection.execute(SQL["amend"], (row, *said))
    return True


def merge(connection: sqlite3.Connection, into: bytes, uid: bytes) -> None:
    """One session out of two. A message that both hold stays where it came first: after what stands before it."""
    pair = (_row(connection, into), _row(connection, uid))
    (name, title, tags, meta), other = connection.execute(SQL["said"], pair).fetchall()
    for step in JOINING:
        connection.execute(SQL[step], pair)
    for step in LEFT:
        connection.execute(SQL[step], pair[1:])
    both = list(dict.fromkeys((*json.loads(tags), *json.loads(other[2]))))
    notes = json.loads(other[3]) | json.loads(meta)
    called = (name or other[0], title or other[1], json.dumps(both), json.dumps(notes))
    connection.execute(SQL["rename"], (pair[0], *called))
    connection.execute(SQL["recount"], pair[:1])


def split(connection: sqlite3.Connection, uid: bytes, message: int, new: bytes) -> bool:
    """Two sessions out of one. What is posted stays: it belongs to no message."""
    row = _row(connection, uid)
    connection.execute(MOVED)
    connection.execute("DELETE FROM temp.moved")
    taken = connection.execute(SQL["below"], (row, message)).rowcount
    if taken < 1 or connection.execute(SQL["remaining"], (row,)).fetchone() is None:
        return False
    made = connection.execute(SQL["halve"], (row, new)).lastrowid
    connection.execute(SQL["share"], (row, made, message))
    connection.execute(SQL["leave"], (row,))
    connection.execute(SQL["uncontinue"], (row, message))
    for step in ("take_exchanges", "take_calls", "take_segments", "take_closings"):
        connection.execute(SQL[step], (row, made))
    _part_plans(connection, row, made)
    for each in (row, made):
        connection.execute(SQL["recount"], (each,))
        sharing.recount(connection, int(each or 0))
    return True


def _part_plans(connection: sqlite3.Connection, row: int | None, made: int | None) -> None:
    """Give each of two sessions the texts that its own plans name."""
    ours, theirs = (
        {name for (plan,) in connection.execute(SQL["plans"], (each,)) for name in text_names(plan)}
        for each in (row, made)
    )
    connection.executemany(SQL["copy_planned"], [(row, made, name) for name in theirs])
    for (name,) in connection.execute(SQL["planned"], (row,)).fetchall():
        if name not in ours:
            connection.execute(SQL["drop_text"], (row, name))


def _row(connection: sqlite3.Connection, uid: bytes) -> int | None:
    found = connection.execute(SQL["row"], (uid,)).fetchone()
    return None if found is None else int(found[0])


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value)


class SqliteEdits:
    """``storage.listings.Edits``; ``write`` runs work as one transaction."""

    def __init__(self, write: Callable[[Work[Any]], Any], generation: Generation) -> None:
        self._write = write
        self._generation = generation

    async def create(self, id: bytes, owner: bytes, at: int, new: NewSession) -> bool:
        clean = cleaned(new)
        return bool(await self._write(lambda connection: create(connection, id, owner, at, clean)))

    async def amend(self, session: bytes, amendment: Amendment) -> bool:
        clean = cleaned(amendment)
        return bool(await self._write(lambda connection: amend(connection, session, clean)))

    async def merge(self, into: bytes, session: bytes) -> None:
        await self._write(lambda connection: merge(connection, into, session))
        self._generation.change()

    async def split(self, session: bytes, message: int, id: bytes) -> bool:
        done = bool(await self._write(lambda connection: split(connection, session, message, id)))
        self._generation.change()
        return done
