"""A block of statements as one: all of it happens, or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """Commit at the end of the block, or undo it. A ``DEFERRED`` one which only reads sees one moment of the store."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself undoes a transaction for which there is no space
            connection.execute("ROLLBACK")
        raise
