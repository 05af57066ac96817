"""What was recorded, read back as rows. Each function takes a connection and changes nothing."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from storage.packing import unpack, unpack_form, unpack_residue
from storage.queries import load_queries
from storage.records import CallRow, ExchangeRow, MessageRow, ModelTotals, SessionRow, Totals

SQL = load_queries("storage.sqlite", "reading.sql")
SHORTEST = 6


def sessions(connection: sqlite3.Connection, owner: bytes | None, limit: int) -> Sequence[SessionRow]:
    """The sessions with the latest activity first."""
    return [_session(row) for row in connection.execute(SQL["sessions"], (owner, limit))]


def session(connection: sqlite3.Connection, key: str, owner: bytes | None) -> SessionRow | None:
    """The one session that the key names; None where none or more than one begins like that."""
    exact, low, high = _bounds(key)
    rows = connection.execute(SQL["session"], (owner, key, exact, low, high)).fetchall()
    named = [row for row in rows if row[1] == key or row[0] == exact]
    if named:
        return _session(named[0])
    return _session(rows[0]) if len(rows) == 1 else None


def _bounds(key: str) -> tuple[bytes | None, bytes | None, bytes | None]:
    """The id that a key spells out, and the range of ids that begin with it."""
    digits = key.replace("-", "").lower()
    if not (SHORTEST <= len(digits) <= 32) or set(digits) - set("0123456789abcdef"):
        return None, None, None
    low = bytes.fromhex(digits.ljust(32, "0"))
    high = bytes.fromhex(digits.ljust(32, "f"))
    return (UUID(hex=digits).bytes if len(digits) == 32 else None), low, high + b"\x00"


def _session(row: tuple[Any, ...]) -> SessionRow:
    uid, name, parent, title, tags, meta, *rest = row
    return SessionRow(uid, name, parent or b"", title, tuple(json.loads(tags)), json.loads(meta), *rest)


def messages(connection: sqlite3.Connection, uid: bytes) -> Sequence[MessageRow]:
    """A session's tree, in the order in which its messages came."""
    rows = connection.execute(SQL["messages"], (uid,))
    return [MessageRow(*row[:6], bool(row[6]), *row[7:]) for row in rows]


def calls(connection: sqlite3.Connection, uid: bytes) -> Sequence[CallRow]:
    """A session's tool calls."""
    rows = connection.execute(SQL["calls"], (uid,))
    return [CallRow(*row[:5], None if row[5] is None else bool(row[5]), *row[6:]) for row in rows]


def exchanges(connection: sqlite3.Connection, uid: bytes | None, limit: int) -> Sequence[ExchangeRow]:
    """A session's exchanges in their order, or the latest of all."""
    query, parameters = ("exchanges", (uid, limit)) if uid is not None else ("latest", (limit,))
    rows = connection.execute(SQL[query], parameters)
    return [ExchangeRow(*row[:12], bool(row[12]), bool(row[13]), *row[14:]) for row in rows]


def sent(connection: sqlite3.Connection, uid: bytes) -> bytes | None:
    """A request's body, from the list of its messages and what stood around them."""
    row = connection.execute(SQL["rebuilt"], (uid,)).fetchone()
    if row is None:
        return None
    prompt, packed, residue, tools_packed, tools = row
    before, after = unpack_residue(_unblob(packed, residue), _unblob(tools_packed, tools) if tools is not None else b"")
    if prompt is None:
        return before + after
    pieces = []
    for (items,) in connection.execute(SQL["lists"], (prompt,)).fetchall():
        for row_id, system, form, separator in msgspec.msgpack.decode(items):
            pieces += [separator, _item(connection, row_id, system, form)]
    return before + b"".join(pieces) + after


def _item(connection: sqlite3.Connection, row: int, system: bytes | None, form: bytes) -> bytes:
    if system:
        return blob(connection, system) or b""
    stored: bytes = connection.execute(SQL["message_body"], (row,)).fetchone()[0] if row else b""
    return unpack_form(form, stored) if form else stored


def reply(connection: sqlite3.Connection, uid: bytes) -> bytes | None:
    """A reply's bytes: as they were kept, or a plain one's from its messages and what stood around them."""
    row = connection.execute(SQL["replied"], (uid,)).fetchone()
    if row is None:
        return None
    exchange, residue, raw, _, _ = row
    if raw is not None:
        return blob(connection, raw)
    if residue is None:
        return None
    pieces = msgspec.msgpack.decode(unpack(residue), type=list[bytes])
    bodies = [body for (body,) in connection.execute(SQL["answers"], (exchange,))]
    if len(pieces) != len(bodies) + 1:
        return None
    return b"".join(piece for pair in zip(pieces, [*bodies, b""], strict=True) for piece in pair)


def blob(connection: sqlite3.Connection, hash_: bytes) -> bytes | None:
    """Shared content by its hash."""
    row = connection.execute(SQL["blob"], (hash_,)).fetchone()
    return _unblob(*row) if row else None


def _unblob(packed: int, data: bytes) -> bytes:
    return zlib.decompress(data) if packed else data


def totals(connection: sqlite3.Connection) -> Totals:
    """Sums over the whole store."""
    sums = connection.execute(SQL["totals"]).fetchone()
    models = tuple(ModelTotals(*row) for row in connection.execute(SQL["models"]))
    return Totals(*sums, models=models)
