"""A leaf at a time from a SQLite file: what is not wanted is not looked at without an end."""

from __future__ import annotations

import sqlite3

import pytest

from storage.browsing import Wanted
from storage.migrate import migrate
from storage.sqlite import browsing


@pytest.fixture
def connection() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, "storage.sqlite")
    connection.execute("INSERT INTO owners VALUES (1, x'00', 1)")
    return connection


def test_a_leaf_looks_at_so_many_sessions_and_the_next_goes_on(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "EXAMINED", 3)
    rows = [(number, number.to_bytes(16, "big"), "rare" if number == 1 else "m", number) for number in range(1, 8)]
    sql = "INSERT INTO sessions (id, uid, owner, model, created_at, updated_at) VALUES (?, ?, 1, ?, 0, ?)"
    connection.executemany(sql, rows)
    first = browsing.sessions(connection, Wanted(model="rare"))
    assert (first.rows, first.further) == ((), (5, 5))
    second = browsing.sessions(connection, Wanted(model="rare", before=first.further))
    third = browsing.sessions(connection, Wanted(model="rare", before=second.further))
    assert [row.updated_at for row in third.rows] == [1]
    assert third.further is None
    connection.close()


def test_others_sessions_are_not_among_those_looked_at(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "EXAMINED", 3)
    connection.execute("INSERT INTO owners VALUES (2, x'02', 1)")
    rows = [(number, number.to_bytes(16, "big"), 2 if number < 3 else 1, number) for number in range(1, 9)]
    sql = "INSERT INTO sessions (id, uid, owner, model, created_at, updated_at) VALUES (?, ?, ?, 'm', 0, ?)"
    connection.executemany(sql, rows)
    found = browsing.sessions(connection, Wanted(owner=b"\x02"))
    assert ([row.updated_at for row in found.rows], found.further) == ([2, 1], None)
    connection.close()
