"""The one who writes: batches of records, each batch in one transaction.

One record is written whole or, if it was written before, not at all.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Sequence
from typing import TypeVar, assert_never

from storage.cleaning import cleaned
from storage.ports import Question
from storage.queries import load_queries
from storage.records import Checkpointed, Closed, Found, Lost, Opened, Posted, Record, Value
from storage.sqlite.finding import find
from storage.sqlite.replies import close_exchange
from storage.sqlite.requests import open_exchange
from storage.sqlite.rows import Rows
from storage.transactions import transaction

NOTHING = Found()
T = TypeVar("T")

SQL = load_queries("storage.sqlite", "writing.sql")


class Writer:
    """Writes over one connection, and remembers what it wrote."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows = Rows(connection)

    def commit(self, entries: Sequence[Record | Question]) -> None:
        """Write a batch. What a database can't hold is cleaned away: one odd record must not stop the others."""
        try:
            self._commit(entries, odd=False)
        except (UnicodeError, OverflowError):
            self._commit(entries, odd=True)

    def probe(self) -> None:
        """Write a row as it is."""
        self._connection.execute(SQL["probe"])

    def _commit(self, entries: Sequence[Record | Question], *, odd: bool) -> None:
        try:
            with transaction(self._connection):
                self._rows.begin()
                for entry in entries:
                    record = entry if isinstance(entry, Value) else self._answered(entry, odd=odd)
                    self._write(cleaned(record) if odd else record)
        except BaseException:
            self._rows.forget()
            raise

    def _answered(self, question: Question, *, odd: bool) -> Record:
        lookup = question.lookup
        if lookup is None:
            return question.answered(NOTHING)
        owner = self._rows.owner_at(lookup.owner)
        return question.answered(find(self._connection, cleaned(lookup) if odd else lookup, owner))

    def _write(self, record: Record) -> None:
        match record:
            case Opened():
                open_exchange(self._rows, record)
            case Closed():
                close_exchange(self._rows, record)
            case Checkpointed():
                self._rows.add_checkpoint(record.exchange, record.number, zlib.compress(record.data, 1))
            case Lost():
                self._connection.execute(SQL["add_gap"], (record.at, record.exchanges, record.reason))
            case Posted():
                self._post(record)
            case _:
                assert_never(record)

    def _post(self, record: Posted) -> None:
        """An entry of a session's log, unless it was written before or its session is gone."""
        execute = self._connection.execute
        said = (record.text, record.name, record.rationale, record.arguments, record.result)
        values = (record.id, record.session, record.at, record.kind, record.source, *said, record.ok, record.confidence)
        if execute(SQL["add_posted"], values).rowcount > 0:
            execute(SQL["settle_posted"], (record.session, record.at, record.kind))

    def edit(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Change what was written, in one transaction; nothing that is remembered of it may be trusted after that."""
        self._rows.forget()
        with transaction(self._connection):
            return work(self._connection)
