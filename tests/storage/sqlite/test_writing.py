"""A batch is written whole or not at all, and what the writer remembers follows."""

from __future__ import annotations

import sqlite3

import pytest

from storage.sqlite.writing import Writer
from tests.storage.samples import closed, link, opened, talk


def count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 (a name of ours)


def test_what_was_undone_is_forgotten(connection: sqlite3.Connection) -> None:
    """Else a row's number would be remembered that another row gets."""
    writer = Writer(connection)
    writer.commit([opened(9)])
    records = talk()[0]
    with pytest.raises(sqlite3.IntegrityError):
        writer.commit([*records, opened(10, (), 9, owner=b"other")])
    assert count(connection, "messages") == 0
    writer.commit([opened(11, (link("user", "in between"),))])
    writer.commit(records)
    texts = [text for (text,) in connection.execute("SELECT text FROM messages ORDER BY id")]
    assert texts[:3] == ["in between", "Question 0 for 1?", "Answer 0, and more of it"]


def test_only_a_batch_with_something_odd_in_it_is_cleaned(connection: sqlite3.Connection) -> None:
    writer = Writer(connection)
    writer.commit([opened(1, (link("user", "fine \udfff"),)), closed(1, cost=2**70)])
    assert connection.execute("SELECT text FROM messages").fetchone() == ("fine \N{REPLACEMENT CHARACTER}",)
    assert connection.execute("SELECT cost FROM exchanges").fetchone() == (2**63 - 1,)
    assert count(connection, "exchanges") == 1
