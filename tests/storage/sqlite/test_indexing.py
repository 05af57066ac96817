"""The index follows what was written."""

from __future__ import annotations

import sqlite3

from storage.sqlite.indexing import Document, Reach, add, fresh, index, mark


def document(row: int, text: str) -> Document:
    return Document(0, 0, row, "message", "user", 1, "gpt", 1, text)


def count(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute("SELECT count(*) FROM words WHERE words MATCH ?", (query,)).fetchone()[0])


def test_a_document_is_indexed_once(connection: sqlite3.Connection) -> None:
    add(connection, [document(1, "a whale"), document(1, "another"), document(2, "Whale")])
    add(connection, [document(2, "again")])
    assert (count(connection, "whale"), count(connection, "again"), count(connection, "another")) == (2, 0, 0)
    assert [term for (term,) in connection.execute("SELECT term FROM terms ORDER BY 1")] == ["a", "whale"]


def test_a_document_is_marked_with_what_a_search_may_be_narrowed_to(connection: sqlite3.Connection) -> None:
    add(connection, [document(1, "a whale")])
    for kind, value in (("o", 1), ("r", "user"), ("t", "message"), ("m", "gpt")):
        assert count(connection, f'marks : "{mark(kind, value)}"') == 1
    assert count(connection, f'marks : "{mark("r", "tool")}"') == 0


def test_in_an_empty_store_nothing_is_left(connection: sqlite3.Connection) -> None:
    assert index(connection, 10) == 0
    assert fresh(connection, Reach(0, 0)) == []
