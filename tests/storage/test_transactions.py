"""All of a block happens, or nothing."""

from __future__ import annotations

import sqlite3

import pytest

from storage.transactions import transaction


def fail(connection: sqlite3.Connection, statement: str) -> None:
    with transaction(connection, "DEFERRED"):
        connection.execute(statement)
        raise KeyError


def test_a_block_is_committed_and_a_failed_one_undone() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE t (a)")
    with transaction(connection):
        connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(KeyError):
        fail(connection, "INSERT INTO t VALUES (2)")
    assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]
    connection.close()


def test_what_was_undone_already_does_not_hide_why() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(KeyError):
        fail(connection, "ROLLBACK")
    connection.close()
