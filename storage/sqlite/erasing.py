"""What only one session holds, taken out of every table and of the index."""

from __future__ import annotations

import sqlite3

import msgspec

from storage.cleaning import LARGEST
from storage.holes import named
from storage.queries import load_queries
from storage.sqlite import indexing
from storage.sqlite.indexing import Document

SQL = load_queries("storage.sqlite", "erasing.sql")
SEARCHING = load_queries("storage.sqlite", "searching.sql")
TABLES = (
    "waiting",
    "attempts",
    "checkpoints",
    "calls",
    "posted",
    "places",
    "exchanges",
    "planned",
    "closings",
    "segments",
)

Item = tuple[int, bytes | None, bytes, bytes]


def erase(connection: sqlite3.Connection, uid: bytes) -> bool:
    """Delete a session with all content that no other one shares; False if there is none of that id."""
    found = connection.execute(SQL["row"], (uid,)).fetchone()
    if found is None:
        return False
    (row,) = found
    lone = connection.execute(SQL["lone_messages"], (row,)).fetchall()
    own = {message for message, _ in lone}
    found = [Document(*values) for values in connection.execute(SEARCHING["of_session"], (row, 0, LARGEST)).fetchall()]
    indexing.drop(connection, (one for one in found if one.source != indexing.MESSAGES or one.row in own))
    content = connection.execute(SQL["named_content"], (row,)).fetchall()
    connection.execute(SQL["adopt_places"], (row,))
    for table in TABLES:
        connection.execute(SQL[f"drop_{table}"], (row,))
    hashes = {hash for *named, _ in content for hash in named if hash}
    for prompt in {prompt for *_, prompt in content if prompt}:
        hashes |= _drop_lists(connection, prompt)
    _drop_messages(connection, lone)
    for hash in hashes:
        connection.execute(SQL["drop_blob"], (hash,))
    connection.execute(SQL["orphan_children"], (row,))
    connection.execute(SQL["drop_session"], (row,))
    return True


def _drop_messages(connection: sqlite3.Connection, lone: list[tuple[int, bytes]]) -> None:
    for message, _ in lone:
        connection.execute(SQL["drop_landmarks"], (message,))
        connection.execute(SQL["drop_message"], (message,))
    for hash in {hash for *_, body in lone for hash in named(body)}:
        connection.execute(SQL["drop_content"], (hash, hash.hex().encode()))


def _drop_lists(connection: sqlite3.Connection, prompt: int | None) -> set[bytes]:
    """Delete a list and those before it that nothing else goes on from; the shared content that they named."""
    hashes: set[bytes] = set()
    while prompt is not None:
        found = connection.execute(SQL["lists"], (prompt,)).fetchone()
        if found is None:
            break
        connection.execute(SQL["drop_list"], (prompt,))
        hashes |= {system for _, system, *_ in msgspec.msgpack.decode(found[2], type=list[Item]) if system}
        prompt = found[1]
    return hashes
