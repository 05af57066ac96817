"""Texts leave the full-text index for good, and with the last text that holds it, a word.

Where SQLite can't delete from the index without a trace, what was taken out stays in there until the pieces of the
index have been merged into one; that is done a few pages at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from storage.queries import load_queries
from storage.sqlite.expressions import quoted
from storage.sqlite.indexing import Document, marks
from storage.sqlite.terms import fold, terms

SQL = load_queries("storage.sqlite", "unindexing.sql")
DELETES_FOR_GOOD = (3, 42)
PAGES = 8
LEVEL = 4


def unindex(connection: sqlite3.Connection, source: int, rows: Sequence[int]) -> None:
    """Take out what comes from rows that are about to go. Its words are in doubt from now on."""
    found = [connection.execute(SQL["document"], (source, row)).fetchone() for row in rows]
    documents = [Document(*one) for one in found if one is not None]
    said = [terms(fold(document.text)) for document in documents]
    if documents:
        _drop_words(connection, map(_taken, documents, said))
    connection.executemany(SQL["drop_document"], [(document.id,) for document in documents])
    connection.executemany(SQL["doubt"], [(word,) for word in sorted(set().union(*(words for _, words in said)))])
    connection.executemany(SQL["drop_waiting"], [(source, row) for row in rows])


def _drop_words(connection: sqlite3.Connection, taken: Iterable[tuple[int, str, str]]) -> None:
    """By itself the index would now and then merge so much at once that others had to wait for it."""
    connection.execute(SQL["let_merge"], (0,))
    # One after the other with nothing between: else the index writes a piece of its own for each.
    connection.executemany(SQL["drop_words"], taken)
    connection.execute("SAVEPOINT written")  # for which the index writes what it has
    connection.execute("RELEASE written")
    connection.execute(SQL["let_merge"], (LEVEL,))
    connection.execute(SQL["merge_words"], (PAGES,))


def _taken(document: Document, said: tuple[list[str], set[str]]) -> tuple[int, str, str]:
    return document.id, " ".join(said[0]), " ".join(marks(document))


def doubts(connection: sqlite3.Connection) -> Iterator[None]:
    """Drop the words in doubt that no document holds any more; after each, others may write."""
    while (found := connection.execute(SQL["doubted"]).fetchone()) is not None:
        term, word = found
        if connection.execute(SQL["stands"], (f"text : {quoted([word])}",)).fetchone() is None:
            connection.execute(SQL["drop_grams"], found)
            connection.execute(SQL["drop_term"], (term,))
        else:
            connection.execute(SQL["trust"], (term,))
        yield


def rewind(connection: sqlite3.Connection) -> None:
    """What comes after the last message and the last exchange that are left hasn't been taken in."""
    for query in ("rewind_messages", "rewind_exchanges"):
        connection.execute(SQL[query])


def prepare(connection: sqlite3.Connection) -> None:
    """Let nothing be left behind of what is taken out, if SQLite can do that."""
    if deletes_for_good():
        connection.execute(SQL["wipe_words"])
        connection.execute(SQL["wipe_grams"])


def deletes_for_good() -> bool:
    """Whether SQLite takes texts out of an index without a trace."""
    return sqlite3.sqlite_version_info >= DELETES_FOR_GOOD


def merge(connection: sqlite3.Connection) -> Iterator[None]:
    """Merge the pieces of the index, a few pages at a time. The first step takes all pieces together."""
    if deletes_for_good():
        return
    for query in ("merge_words", "merge_grams"):
        pages = -PAGES
        while _merged(connection, query, pages):
            pages = PAGES
            yield


def _merged(connection: sqlite3.Connection, query: str, pages: int) -> bool:
    """Whether there was anything to do: else nothing but the order itself changes."""
    before = connection.total_changes
    connection.execute(SQL[query], (pages,))
    return connection.total_changes - before >= 2
