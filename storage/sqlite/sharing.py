"""Who needs which shared content, worked out from what names it. Whoever writes notes it as it comes; this is for what
comes or moves by other ways."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

import msgspec

from storage.holes import held
from storage.packing import residue_names
from storage.queries import load_queries
from storage.sqlite.reading import blob
from storage.sqlite.requests import Item

SQL = load_queries("storage.sqlite", "sharing.sql")


def use(connection: sqlite3.Connection, holder: int, hashes: Iterable[bytes]) -> None:
    """Let a session, or an exchange that belongs to none, need content that is kept."""
    connection.executemany(SQL["use"], [(holder, name) for name in hashes])


def note_exchange(connection: sqlite3.Connection, uid: bytes) -> None:
    """Note what an exchange needs that came with an import."""
    (exchange,) = connection.execute(SQL["exchange"], (uid,)).fetchone()
    _note(connection, exchange)


def note_place(connection: sqlite3.Connection, message: bytes, session: bytes) -> None:
    """Note what was cut out of a message that came to a session."""
    for holder, body in connection.execute(SQL["placed_one"], (message, session)).fetchall():
        use(connection, holder, held(body))


def recount(connection: sqlite3.Connection, session: int) -> None:
    """Note anew all that a session needs."""
    connection.execute(SQL["forget"], (session,))
    for (exchange,) in connection.execute(SQL["exchanges"], (session,)).fetchall():
        _note(connection, exchange)
    for (body,) in connection.execute(SQL["placed"], (session,)).fetchall():
        use(connection, session, held(body))


def _note(connection: sqlite3.Connection, exchange: int) -> None:
    holder, *named, prompt = connection.execute(SQL["named"], (exchange,)).fetchone()
    around = blob(connection, named[0]) if named[0] else None
    names = {*filter(None, named), *(residue_names(around) if around else ()), *_systems(connection, holder, prompt)}
    use(connection, holder, names)


def _systems(connection: sqlite3.Connection, session: int, prompt: int | None) -> Iterator[bytes]:
    """The system texts in a list, and in those before it that no other request of the session ends with."""
    at = prompt
    while at is not None:
        found = connection.execute(SQL["list"], (at, session)).fetchone()
        if found is None or (at != prompt and found[2]):
            return
        items = msgspec.msgpack.decode(found[1], type=list[Item])
        yield from (system for _, system, *_ in items if system is not None)
        at = found[0]
