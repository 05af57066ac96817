"""The one who writes: batches of records, each batch in one transaction.

One record is written whole or, if it was written before, not at all.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence
from typing import assert_never

from storage.cleaning import cleaned
from storage.queries import load_queries
from storage.records import Checkpointed, Closed, Lost, Opened, Record
from storage.sqlite.replies import close_exchange
from storage.sqlite.requests import open_exchange
from storage.sqlite.rows import Rows
from storage.transactions import transaction

SQL = load_queries("storage.sqlite", "writing.sql")


class Writer:
    """Writes over one connection, and remembers what it wrote."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows = Rows(connection)

    def commit(self, records: Sequence[Record]) -> None:
        """Write a batch. What a database can't hold is cleaned away: one odd record must not stop the others."""
        try:
            self._commit(records)
        except (UnicodeError, OverflowError):
            self._commit([cleaned(record) for record in records])

    def _commit(self, records: Sequence[Record]) -> None:
        try:
            with transaction(self._connection):
                self._rows.begin()
                for record in records:
                    self._write(record)
        except BaseException:
            self._rows.forget()
            raise

    def _write(self, record: Record) -> None:
        match record:
            case Opened():
                open_exchange(self._rows, record)
            case Closed():
                close_exchange(self._rows, record)
            case Checkpointed():
                packed = zlib.compress(record.data, 1)
                self._connection.execute(SQL["add_checkpoint"], (record.exchange, record.number, packed))
            case Lost():
                self._connection.execute(SQL["add_gap"], (record.at, record.exchanges, record.reason))
            case _:
                assert_never(record)
