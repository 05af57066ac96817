"""The database in which the command-line tool ``llm`` keeps its logs, read as plain values. Nothing in it is changed.

Its releases have added tables and columns over time: what isn't there reads as nothing. The newest keep turns over a
tree of messages; before, there were responses.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from storage.llmlogs.responses import read_responses
from storage.llmlogs.turns import read_turns
from storage.llmlogs.values import Attached, Logged, LoggedCall, LoggedMessage
from storage.ports import StoreError
from storage.queries import load_queries

SQL = load_queries("storage.llmlogs", "tables.sql")
MAGIC = b"SQLite format 3\0"
KINDS = ("responses", "turns")


def read_logs(path: Path) -> Iterator[Logged]:
    """The calls, conversation by conversation, each in its order. Raises ``StoreError``."""
    with _opened(path) as connection:
        has = _tables(connection)
        if "responses" in has:
            yield from read_responses(connection, has)
        if "turns" in has:
            yield from read_turns(connection)


def count_logs(path: Path) -> int:
    """How many calls there are, about. Raises ``StoreError``."""
    with _opened(path) as connection:
        kinds = [kind for kind in KINDS if kind in _tables(connection)]
        return sum(connection.execute(SQL[f"count_{kind}"]).fetchone()[0] for kind in kinds)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection
    except sqlite3.Error as error:
        message = f"{path} can't be read as a log of llm ({error})"
        raise StoreError(message) from error


def _tables(connection: sqlite3.Connection) -> set[str]:
    has = {row[0] for row in connection.execute(SQL["tables"])}
    if has.isdisjoint(KINDS):
        message = "the database has no table of responses: it is no log of llm"
        raise StoreError(message)
    return has


__all__ = ["MAGIC", "Attached", "Logged", "LoggedCall", "LoggedMessage", "count_logs", "read_logs"]
