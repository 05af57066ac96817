"""What was recorded, read back as rows. Each function takes a connection and changes nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from storage.holes import fill, tell
from storage.packing import unpack, unpack_blob, unpack_form, unpack_residue
from storage.queries import load_queries
from storage.records import Attempt, CallRow, ExchangeRow, MessageRow, ModelTotals, SessionRow, Totals

SQL = load_queries("storage.sqlite", "reading.sql")
SHORTEST = 6

Row = tuple[Any, ...]
Piece = tuple[int, bytes | None, bytes, bytes]
Change = Callable[[bytes], bytes]


def same(body: bytes) -> bytes:
    """A message as it is stored."""
    return body


def sessions(connection: sqlite3.Connection, owner: bytes | None, limit: int) -> Sequence[SessionRow]:
    """The sessions with the latest activity first."""
    return [session_row(row) for row in connection.execute(SQL["sessions"], (owner, limit))]


def session(connection: sqlite3.Connection, key: str, owner: bytes | None) -> SessionRow | None:
    """The one session that the key names; None where none or more than one begins like that."""
    exact, low, high = _bounds(key)
    rows = connection.execute(SQL["session"], (owner, key, exact, low, high)).fetchall()
    # Anybody may name a session like another's id.
    named = [row for row in rows if row[0] == exact] or [row for row in rows if row[1] == key]
    if named:
        return session_row(named[0])
    return session_row(rows[0]) if len(rows) == 1 else None


def children(connection: sqlite3.Connection, uid: bytes) -> Sequence[SessionRow]:
    """The sessions below one, in the order in which they came."""
    return [session_row(row) for row in connection.execute(SQL["children"], (uid,))]


def _bounds(key: str) -> tuple[bytes | None, bytes | None, bytes | None]:
    """The id that a key spells out, and the range of ids that begin with it."""
    digits = key.replace("-", "").lower()
    if not (SHORTEST <= len(digits) <= 32) or set(digits) - set("0123456789abcdef"):
        return None, None, None
    low = bytes.fromhex(digits.ljust(32, "0"))
    high = bytes.fromhex(digits.ljust(32, "f"))
    return (UUID(hex=digits).bytes if len(digits) == 32 else None), low, high + b"\x00"


def session_row(row: Row) -> SessionRow:
    """A session from its columns."""
    uid, name, parent, title, tags, meta, *rest = row
    return SessionRow(uid, name, parent or b"", title, tuple(json.loads(tags)), json.loads(meta), *rest)


def messages(connection: sqlite3.Connection, uid: bytes) -> Sequence[MessageRow]:
    """A session's tree, in the order in which its messages came."""
    rows = connection.execute(SQL["messages"], (uid,))
    return [message_row(row) for row in rows]


def calls(connection: sqlite3.Connection, uid: bytes) -> Sequence[CallRow]:
    """A session's tool calls."""
    rows = connection.execute(SQL["calls"], (uid,))
    return [call_row(row) for row in rows]


def exchanges(connection: sqlite3.Connection, uid: bytes | None, limit: int) -> Sequence[ExchangeRow]:
    """A session's exchanges in their order, or the latest of all."""
    query, parameters = ("exchanges", (uid, limit)) if uid is not None else ("latest", (limit,))
    rows = connection.execute(SQL[query], parameters)
    return [exchange_row(row) for row in rows]


def exchange_row(row: Row) -> ExchangeRow:
    """An exchange from its columns."""
    values = _flagged(row, 12, 13)
    values[-2] = tuple(json.loads(values[-2] or "[]"))
    return ExchangeRow(*values)


def issuer(connection: sqlite3.Connection, owner: bytes, handle: str) -> str:
    """The provider whose reply has a handle; empty if none is known."""
    row = connection.execute(SQL["issuer"], (owner, handle)).fetchone()
    return row[0] if row else ""


def attempts(connection: sqlite3.Connection, uid: bytes) -> Sequence[Attempt]:
    """An exchange's tries at the upstream."""
    return [Attempt(*row) for row in connection.execute(SQL["attempts"], (uid,))]


def message_row(row: Row) -> MessageRow:
    """A message as it stands in the results of a query. Equal answers are one row; this is how one was given there."""
    *told, answers = row
    values = _flagged(tuple(told), 6)
    form = dict(msgspec.msgpack.decode(answers)).get(values[0]) if answers else b""
    values[3] = tell(unpack_form(form, values[3]) if form else values[3])
    return MessageRow(*values)


def call_row(row: Row) -> CallRow:
    """A tool call as it stands in the results of a query."""
    return CallRow(*_flagged(row, 5))


def _flagged(row: Row, *columns: int) -> list[Any]:
    """The row's values, with true and false in place of SQLite's 1 and 0."""
    values = list(row)
    for column in columns:
        values[column] = None if values[column] is None else bool(values[column])
    return values


def sent(connection: sqlite3.Connection, uid: bytes, change: Change = same) -> bytes | None:
    """A request's body, from the list of its messages and what stood around them; None if a piece of it is missing.

    ``change`` is what to do with each message before its holes are filled.
    """
    row = connection.execute(SQL["rebuilt"], (uid,)).fetchone()
    if row is None:
        return None
    try:
        return _rebuilt(connection, row, change)
    except LookupError:
        return None


def _rebuilt(connection: sqlite3.Connection, row: Row, change: Change) -> bytes | None:
    prompt, packed, residue = row
    before, after = unpack_residue(unpack_blob(packed, residue), partial(shared, connection))
    pieces = [before]
    for (items,) in connection.execute(SQL["lists"], (prompt,)).fetchall():
        for message, system, form, separator in msgspec.msgpack.decode(items, type=list[Piece]):
            body = formed(connection, (message, form), change) if system is None else blob(connection, system)
            if body is None:
                return None
            pieces += [separator, body]
    return b"".join([*pieces, after])


def shared(connection: sqlite3.Connection, digest: bytes) -> bytes:
    """Shared content that has to be there. Raises ``LookupError``."""
    data = blob(connection, digest)
    if data is None:
        raise LookupError(digest)
    return data


def formed(connection: sqlite3.Connection, kept: tuple[int, bytes], change: Change = same) -> bytes | None:
    """A message in the form in which it came; 0 is one that was kept with its list."""
    message, form = kept
    row = connection.execute(SQL["message_body"], (message,)).fetchone() if message else (b"",)
    return None if row is None else fill(change(unpack_form(form, row[0])), partial(shared, connection))


def whole_body(connection: sqlite3.Connection, message: int) -> bytes:
    """A message with all that was cut out of it; where that wasn't kept, words say what it was."""
    row = connection.execute(SQL["message_body"], (message,)).fetchone()
    body = row[0] if row else b""
    try:
        return fill(body, partial(shared, connection))
    except LookupError:
        return tell(body)


def reply(connection: sqlite3.Connection, uid: bytes, change: Change = same) -> bytes | None:
    """A reply's bytes: as they were kept, or a plain one's from its messages and what stood around them; an error's."""
    row = connection.execute(SQL["replied"], (uid,)).fetchone()
    if row is None:
        return None
    residue, raw, answer, answers, error = row
    if raw is not None:
        return blob(connection, raw)
    if residue is None:
        return None if error is None else bytes(error)
    pieces = msgspec.msgpack.decode(unpack(residue), type=list[bytes])
    try:
        bodies = [formed(connection, kept, change) for kept in _answers(answer, answers)]
    except LookupError:
        return None
    whole = [body for body in bodies if body is not None]
    if len(pieces) != len(whole) + 1:
        return None
    return b"".join(piece for pair in zip(pieces, [*whole, b""], strict=True) for piece in pair)


def _answers(answer: int | None, answers: bytes | None) -> list[tuple[int, bytes]]:
    if answers is not None:
        return msgspec.msgpack.decode(answers, type=list[tuple[int, bytes]])
    return [] if answer is None else [(answer, b"")]


def blob(connection: sqlite3.Connection, digest: bytes) -> bytes | None:
    """Shared content by its hash."""
    row = connection.execute(SQL["blob"], (digest,)).fetchone()
    return unpack_blob(*row) if row else None


def totals(connection: sqlite3.Connection) -> Totals:
    """Sums over the whole store."""
    sums = connection.execute(SQL["totals"]).fetchone()
    models = tuple(ModelTotals(*row) for row in connection.execute(SQL["models"]))
    return msgspec.structs.replace(Totals(*sums), models=models)
