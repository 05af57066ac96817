"""Rows out of a store and back into one, as entries that name each other by digests instead of by row numbers.

What is packed for the store is unpacked on its way out: an entry says the same whatever release packed it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from storage.packing import pack, pack_blob, unpack, unpack_blob
from storage.queries import load_queries
from storage.sqlite import sharing
from storage.sqlite.choosing import Chosen, choose
from storage.transactions import transaction
from storage.upkeep import Entry, Scalar, Scope

SQL = load_queries("storage.sqlite", "archiving.sql")
TABLES = (
    "owners",
    "blobs",
    "sessions",
    "messages",
    "landmarks",
    "prompts",
    "exchanges",
    "attempts",
    "checkpoints",
    "places",
    "tool_calls",
    "posted",
    "segments",
    "closings",
    "planned",
    "gaps",
)
"""Each after those whose rows it names."""

PACKED = frozenset({"blobs", "segments", "closings", "planned"})
SMALL = ("reply_residue", "plan")
"""What is packed in its own column."""

NEEDED: Mapping[str, Mapping[str, str]] = {
    "sessions": {"owner": "owners"},
    "messages": {"parent": "messages"},
    "landmarks": {"message": "messages"},
    "prompts": {"parent": "prompts"},
    "exchanges": {
        "owner": "owners",
        "session": "sessions",
        "tip": "messages",
        "answer": "messages",
        "prompt": "prompts",
    },
    "attempts": {"exchange": "exchanges"},
    "checkpoints": {"exchange": "exchanges"},
    "places": {"session": "sessions", "message": "messages", "exchange": "exchanges"},
    "tool_calls": {"session": "sessions", "message": "messages", "result": "messages"},
    "posted": {"session": "sessions"},
    "segments": {"session": "sessions"},
    "closings": {"session": "sessions"},
    "planned": {"session": "sessions"},
}
"""What an entry names, and in which table that must be."""

Fields = dict[str, Any]
Item = tuple[int, bytes | None, bytes, bytes]
NamedItem = tuple[bytes, bytes | None, bytes, bytes]
FALLBACKS: Mapping[str, Fields] = {
    "exchanges": {"retried": 0, "adds_usage": 0, "malformed": 0, "usage_source": "unknown"},
    "sessions": {"decisions": 0},
}


class _Given(dict[str, Any]):
    """An entry's fields; those that it lacks are null."""

    def __missing__(self, _: str) -> None:
        return None


def read(connection: sqlite3.Connection, scope: Scope) -> Iterator[Entry]:
    """The entries of a part of the store, or of all of it."""
    chosen = choose(connection, scope)
    for table in TABLES:
        cursor = connection.execute(SQL[table], (_rows(chosen, table),))
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield Entry(table, _unpacked(connection, table, dict(zip(names, row, strict=True))))


def _rows(chosen: Chosen | None, table: str) -> str | None:
    return None if chosen is None else json.dumps(sorted(chosen.rows(table)))


def _unpacked(connection: sqlite3.Connection, table: str, fields: Fields) -> dict[str, Scalar]:
    if table in PACKED:
        fields["data"] = unpack_blob(fields.pop("packed"), fields["data"])
    if table == "closings":
        rows = msgspec.msgpack.decode(fields["segments"], type=list[int])
        fields["segments"] = _named(connection, ((row,) for row in rows), "hash_of")
    elif table == "prompts":
        items = msgspec.msgpack.decode(fields["items"], type=list[Item])
        fields["items"] = _named(connection, items)
    elif table == "exchanges":
        if fields["answers"] is not None:
            answers = msgspec.msgpack.decode(fields["answers"], type=list[tuple[int, bytes]])
            fields["answers"] = _named(connection, answers)
        fields |= {name: unpack(fields[name]) for name in SMALL if fields[name] is not None}
    return fields


def _named(connection: sqlite3.Connection, items: Iterable[tuple[Any, ...]], query: str = "digest_of") -> bytes:
    """Items that begin with a row, with what names that in its place."""
    named = []
    for row, *rest in items:
        found = connection.execute(SQL[query], (row,)).fetchone() if row else None
        named.append((found[0] if found else b"", *rest))
    return msgspec.msgpack.encode(named)


def write(connection: sqlite3.Connection, entries: Sequence[Entry]) -> list[int]:
    """Take entries in; the positions of those that name what isn't there."""
    with transaction(connection):
        return [at for at, entry in enumerate(entries) if not _taken(connection, entry)]


def _taken(connection: sqlite3.Connection, entry: Entry) -> bool:
    fields = _Given(FALLBACKS.get(entry.table, {}) | entry.fields)
    if entry.table not in TABLES or not all(_is_there(connection, *one) for one in _needs(entry)):
        return False
    packer = PACKERS.get(entry.table)
    packed = packer(connection, fields) if packer else fields
    if packed is None:
        return False
    try:
        added = connection.execute(SQL[f"in_{entry.table}"], packed).rowcount
        if entry.table == "landmarks" and added:
            connection.execute(SQL["mark"], fields)
        elif entry.table == "exchanges" and added:
            sharing.note_exchange(connection, fields["uid"])
        elif entry.table == "places":
            sharing.note_place(connection, fields["message"], fields["session"])
    except sqlite3.IntegrityError:
        return False
    return True


def _needs(entry: Entry) -> Iterator[tuple[str, Scalar]]:
    for name, table in NEEDED.get(entry.table, {}).items():
        if entry.fields.get(name) is not None:
            yield table, entry.fields[name]


def _is_there(connection: sqlite3.Connection, table: str, key: Scalar) -> bool:
    return connection.execute(SQL[f"known_{table}"], (key,)).fetchone() is not None


def _blob(_: sqlite3.Connection, fields: _Given) -> Fields:
    packed, data = pack_blob(fields["data"])
    return _Given(fields | {"packed": packed, "data": data})


def _prompt(connection: sqlite3.Connection, fields: _Given) -> Fields | None:
    items = _numbered(connection, msgspec.msgpack.decode(fields["items"], type=list[NamedItem]))
    return None if items is None else _Given(fields | {"items": items})


def _exchange(connection: sqlite3.Connection, fields: _Given) -> Fields | None:
    changed: Fields = {name: pack(fields[name]) for name in SMALL if fields[name] is not None}
    if fields["answers"] is not None:
        answers = msgspec.msgpack.decode(fields["answers"], type=list[tuple[bytes, bytes]])
        changed["answers"] = _numbered(connection, answers)
        if changed["answers"] is None:
            return None
    return _Given(fields | changed)


def _closing(connection: sqlite3.Connection, fields: _Given) -> Fields | None:
    names = msgspec.msgpack.decode(fields["segments"], type=list[tuple[bytes]])
    rows = _numbered(connection, names, "segment_of")
    if rows is None:
        return None
    segments = [row for (row,) in msgspec.msgpack.decode(rows, type=list[tuple[int]])]
    return _blob(connection, _Given(fields | {"segments": msgspec.msgpack.encode(segments)}))


def _numbered(connection: sqlite3.Connection, items: Iterable[tuple[Any, ...]], query: str = "row_of") -> bytes | None:
    """The inverse of ``_named``; nothing where one of those that are named isn't there."""
    numbered = []
    for digest, *rest in items:
        found = connection.execute(SQL[query], (digest,)).fetchone() if digest else (0,)
        if found is None:
            return None
        numbered.append((found[0], *rest))
    return msgspec.msgpack.encode(numbered)


PACKERS: Mapping[str, Callable[[sqlite3.Connection, _Given], Fields | None]] = {
    **dict.fromkeys(PACKED, _blob),
    "closings": _closing,
    "prompts": _prompt,
    "exchanges": _exchange,
}
