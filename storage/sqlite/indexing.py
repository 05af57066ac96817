"""The full-text index follows the writer: what was recorded becomes documents, their words and their marks.

Messages are taken in the order of their rows; other rows wait in a list of their own until it is their turn.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from storage.cleaning import LARGEST
from storage.queries import load_queries
from storage.sqlite import statistics
from storage.sqlite.terms import fold, terms
from storage.transactions import transaction

SQL = load_queries("storage.sqlite", "searching.sql")
MESSAGES, ERRORS, POSTED, ASKED, SAID = range(5)
"""Where a document's text stands: in a message, an exchange's error, what was posted, asked or said aside."""


@dataclass(frozen=True, slots=True)
class Document:
    """One text that a search may find. ``id`` is 0 while it isn't indexed."""

    id: int
    source: int
    row: int
    type: str
    role: str
    owner: int
    model: str
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the index is to come: after one message to another, to an exchange and to a posted entry that wait."""

    after: int
    message: int
    exchange: int = LARGEST
    posted: int = LARGEST


def fresh(connection: sqlite3.Connection, reach: Reach) -> list[Document]:
    """What the index holds nothing of yet, in the order of sources and rows."""
    rows = connection.execute(SQL["fresh_messages"], (reach.after, reach.message)).fetchall()
    rows += connection.execute(SQL["fresh_texts"], (reach.exchange,)).fetchall()
    rows += connection.execute(SQL["fresh_posted"], (reach.posted,)).fetchall()
    return [Document(0, *row) for row in sorted(rows, key=itemgetter(0, 1))]


def index(connection: sqlite3.Connection, limit: int) -> int:
    """Take the next rows into the index and the statistics; how many messages are left, and whether others are."""
    if not _left(connection):
        return 0
    with transaction(connection):
        done, newest, _ = connection.execute(SQL["state"]).fetchone()  # another process may have been faster
        target, waiting, posted = min(newest, done + limit), 0, 0
        if target == newest:  # other texts come after all messages that were there before them
            waiting = statistics.take(connection, limit)
            (posted,) = connection.execute(SQL["last_posted"], (limit,)).fetchone()
        add(connection, fresh(connection, Reach(done, target, waiting, posted)))
        statistics.drop(connection, waiting)
        connection.execute(SQL["drop_posted"], (posted,))
        connection.execute(SQL["set_indexed"], (target,))
    return _left(connection)


def _left(connection: sqlite3.Connection) -> int:
    done, newest, _ = connection.execute(SQL["state"]).fetchone()
    return int(newest - done) or int(connection.execute(SQL["waits"]).fetchone()[0])


def add(connection: sqlite3.Connection, documents: Iterable[Document]) -> None:
    """Index documents, each once."""
    rows: list[tuple[int | None, str, str]] = []
    words: set[str] = set()
    for document in documents:
        cursor = connection.execute(SQL["add_document"], _values(document))
        if cursor.rowcount:
            found, distinct = terms(fold(document.text))
            rows.append((cursor.lastrowid, " ".join(found), " ".join(marks(document))))
            words |= distinct
    connection.executemany(SQL["add_words"], rows)
    (known,) = connection.execute(SQL["newest_term"]).fetchone()
    connection.executemany(SQL["add_term"], [(word,) for word in sorted(words)])
    connection.execute(SQL["add_grams"], (known,))


def mark(kind: str, value: object) -> str:
    """A term that says what a document is, such as its owner or its role."""
    return f"{kind}{zlib.crc32(str(value).encode('utf-8', 'replace')):08x}"


def marks(document: Document) -> Sequence[str]:
    """The terms that say what a document is."""
    marked = {"o": document.owner, "r": document.role, "t": document.type, "m": document.model}
    return [mark(kind, value) for kind, value in marked.items()]


def _values(document: Document) -> tuple[object, ...]:
    asked = (document.type, document.role, document.owner, document.model, document.at)
    return (document.source, document.row, *asked)
