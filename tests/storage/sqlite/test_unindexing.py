"""Texts that leave the full-text index."""

from __future__ import annotations

import sqlite3

from storage.sqlite import unindexing
from storage.sqlite.indexing import MESSAGES, index
from storage.sqlite.writing import Writer
from tests.storage.samples import closed, link, opened, talk


def pieces(connection: sqlite3.Connection) -> int:
    """In how many pieces the index is."""
    return int(connection.execute("SELECT count(DISTINCT segid) FROM words_idx").fetchone()[0])


def test_merged_it_is_in_one_piece(connection: sqlite3.Connection) -> None:
    writer = Writer(connection)
    for number in range(1, 300, 100):
        writer.commit(talk(number, turns=30)[0])
        index(connection, 1000)
    assert pieces(connection) > 1
    assert list(unindexing.merge(connection))
    assert pieces(connection) == 1


def test_a_text_that_was_not_taken_in_yet_is_not_taken_out(connection: sqlite3.Connection) -> None:
    Writer(connection).commit([opened(1, (link("user", "Hello"),))])
    unindexing.unindex(connection, MESSAGES, [1])
    index(connection, 10)
    assert connection.execute("SELECT rowid FROM words WHERE words MATCH 'hello'").fetchall() == [(1,)]


def test_the_index_goes_back_to_the_last_message_and_the_last_exchange(connection: sqlite3.Connection) -> None:
    Writer(connection).commit([opened(1, (link("user", "Hello"),)), closed(1)])
    index(connection, 10)
    assert connection.execute("SELECT message, exchange FROM indexed").fetchone() == (1, 1)
    connection.execute("DELETE FROM messages")
    connection.execute("DELETE FROM exchanges")
    unindexing.rewind(connection)
    assert connection.execute("SELECT message, exchange FROM indexed").fetchone() == (0, 0)
