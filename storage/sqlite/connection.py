"""A database thread and what runs on it: whole batches, each as one call. Knows SQLite's pragmas and errors, no table."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import aiosqlite

from storage.ports import StoreError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

BUSY_SECONDS = 5.0
MEMORY = ":memory:"


class Database(aiosqlite.Connection):
    """An aiosqlite connection which also runs a function of ours on its thread: one hop a batch instead of one a statement."""

    async def run(self, work: Work[T]) -> T:
        """What ``work`` returns, given the connection. Raises ``StoreError``."""
        try:
            result: T = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]
        except sqlite3.Error as error:
            raise StoreError(sentence(error)) from error
        except ValueError as error:  # what aiosqlite says of a connection that was closed
            message = "the store is closed"
            raise StoreError(message) from error
        return result


def sentence(error: sqlite3.Error) -> str:
    """What went wrong, and what to do."""
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    advice = {
        "SQLITE_FULL": "the disk is full; free some space",
        "SQLITE_BUSY": "another program holds the store's lock",
        "SQLITE_READONLY": "the store's file or folder is not writable",
        "SQLITE_CANTOPEN": "the store's file can't be opened; look at its folder and permissions",
        "SQLITE_CORRUPT": "the store's file is damaged; restore a backup",
        "SQLITE_NOTADB": "the file is no SQLite database",
    }
    return f"{advice.get(name, 'the store failed')} ({name}: {error})"


def _writer(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS, cached_statements=256)
    connection.execute("PRAGMA page_size = 8192")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(
        "PRAGMA foreign_keys = OFF"
    )  # rows are written in an order that a check per row would only slow down
    connection.execute("PRAGMA cache_size = -16384")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 2000")
    return connection


def _reader(path: str) -> sqlite3.Connection:
    uri = f"{Path(path).absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    connection.execute("PRAGMA query_only = ON")
    return connection


async def open_database(path: str, *, writes: bool) -> Database:
    """A connection to the file at ``path``. Raises ``StoreError``."""
    connector = _writer if writes else _reader
    try:
        return await Database(lambda: connector(path), iter_chunk_size=64)
    except sqlite3.Error as error:
        raise StoreError(sentence(error)) from error


class Readers:
    """A few read-only connections, lent one at a time."""

    def __init__(self, path: str, size: int = 2) -> None:
        self._path = path
        self._free: asyncio.LifoQueue[Database | None] = asyncio.LifoQueue()
        for _ in range(size):
            self._free.put_nowait(None)
        self._size = size

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Database]:
        """A connection for the time of the block; opened when first needed."""
        database = await self._free.get()
        try:
            if database is None:
                database = await open_database(self._path, writes=False)
            yield database
        finally:
            self._free.put_nowait(database)

    async def close(self) -> None:
        """Close those that are open, once they are given back."""
        for _ in range(self._size):
            database = await self._free.get()
            if database is not None:
                await database.close()
