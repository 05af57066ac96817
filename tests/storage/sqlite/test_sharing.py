"""Who needs which shared content, as it is worked out after an import or a split."""

from __future__ import annotations

import sqlite3

import pytest

from storage.sqlite import sharing
from storage.sqlite.writing import Writer
from tests.storage.samples import talk
from tests.storage.secretive import secretive


def uses(connection: sqlite3.Connection) -> set[tuple[int, str]]:
    return set(connection.execute("SELECT holder, kind FROM uses JOIN blobs ON blobs.id = uses.blob").fetchall())


@pytest.fixture
def written(connection: sqlite3.Connection) -> sqlite3.Connection:
    Writer(connection).commit([*secretive(1), *talk(100)[0]])
    return connection


def test_worked_out_anew_it_is_what_was_noted(written: sqlite3.Connection) -> None:
    noted = uses(written)
    assert {kind for _, kind in noted} == {"residue", "tools", "system", "media", "raw"}
    for session in (1, 2):
        sharing.recount(written, session)
    assert uses(written) == noted


def test_what_comes_by_an_import_is_noted(written: sqlite3.Connection) -> None:
    noted = uses(written)
    written.execute("DELETE FROM uses")
    for (uid,) in written.execute("SELECT uid FROM exchanges").fetchall():
        sharing.note_exchange(written, uid)
    placed = "FROM places p JOIN messages m ON m.id = p.message JOIN sessions s ON s.id = p.session"
    for message, session in written.execute(f"SELECT m.digest, s.uid {placed}").fetchall():
        sharing.note_place(written, message, session)
    assert uses(written) == noted
