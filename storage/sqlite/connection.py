"""A database thread and what runs on it: whole batches, each as one call. Knows pragmas and errors, no table."""

from __future__ import annotations

import asyncio
import sqlite3
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
import msgspec

from storage.ports import StoreError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

BUSY_SECONDS = 5.0
MEMORY = ":memory:"
CLOSED = "the store is closed"
TRIES, TRY_SECONDS = 100, 0.05
# Rows are written in an order that a check of each foreign key would only slow down.
WRITER = (
    "PRAGMA page_size = 4096",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA cache_size = -16384",
    "PRAGMA secure_delete = ON",
    "PRAGMA wal_autocheckpoint = 4000",
)
READER = ("PRAGMA query_only = ON",)
ADVICE = {
    "SQLITE_FULL": "the disk is full; free some space",
    "SQLITE_BUSY": "another program holds the store's lock",
    "SQLITE_READONLY": "the store's file or folder is not writable",
    "SQLITE_CANTOPEN": "the store's file can't be opened; look at its folder and permissions",
    "SQLITE_CORRUPT": "the store's file is damaged; restore a backup",
    "SQLITE_NOTADB": "the file is no SQLite database",
}

ADAPTERS: Mapping[type, Callable[[Any], bytes | int | None]] = {
    type(None): {}.get,
    bool: int,
    bytes: bytes.__bytes__,
}
"""Values of these types are bound as they are. Else sqlite3 asks each of them for a method that none has."""

REFUSALS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError)
"""What is said of a value, not of the store: too big, of no type that it knows, against a constraint."""


class Database(aiosqlite.Connection):
    """An aiosqlite connection which also runs functions of ours on its thread: one hop a batch, not one a statement."""

    async def open(self) -> None:
        """Start the thread and connect. Raises ``StoreError``."""
        try:
            await self
        except sqlite3.Error as error:
            self._thread.join()  # it ends at once, but must do so before the event loop does
            raise StoreError(sentence(error)) from error

    async def run(self, work: Work[T]) -> T:
        """What ``work`` returns, given the connection. Raises ``StoreError``."""
        connection = self._connection
        if connection is None:
            raise StoreError(CLOSED)
        try:
            result: T = await self._execute(work, connection)  # type: ignore[no-untyped-call]
        except sqlite3.Error as error:
            raise StoreError(sentence(error), refused=isinstance(error, REFUSALS)) from error
        except (ValueError, OverflowError, zlib.error, msgspec.MsgspecError) as error:
            message = f"the store failed: a value in it, or for it, is no good ({type(error).__name__}: {error})"
            raise StoreError(message, refused=True) from error
        return result


def sentence(error: sqlite3.Error) -> str:
    """What went wrong, and what to do."""
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    advice = next((words for prefix, words in ADVICE.items() if name.startswith(prefix)), "the store failed")
    return f"{advice} ({name}: {error})"


def _connect(address: str, pragmas: tuple[str, ...], busy_seconds: float) -> sqlite3.Connection:
    for type_, adapter in ADAPTERS.items():
        sqlite3.register_adapter(type_, adapter)
    connection = sqlite3.connect(
        address,
        uri=address.startswith("file:"),
        isolation_level=None,
        timeout=busy_seconds,
        cached_statements=256,
    )
    try:
        for pragma in pragmas:
            connection.execute(pragma)
    except BaseException:
        connection.close()
        raise
    return connection


async def open_database(path: str, *, writes: bool, busy_seconds: float = BUSY_SECONDS) -> Database:
    """A connection to the file at ``path``, which must be there. Raises ``StoreError``."""
    address = path if path == MEMORY else _address(path)
    database = Database(partial(_connect, address, WRITER if writes else READER, busy_seconds), iter_chunk_size=64)
    await database.open()
    return database


def _address(path: str) -> str:
    return f"{Path(path).absolute().as_uri()}?mode=rw"


class Log:
    """The write-ahead log of a file, folded over a connection of its own: the writer doesn't wait meanwhile."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._database: Database | None = None

    async def fold(self) -> None:
        """Bring into the file what nobody reads in the log any more."""
        await (await self._opened()).run(_folded)

    async def empty(self) -> bool:
        """Fold all of it, and leave it empty; whether that was done: somebody who reads may be in the way."""
        database = await self._opened()
        for _ in range(TRIES):
            if await database.run(_emptied):
                return True
            await asyncio.sleep(TRY_SECONDS)
        return False

    async def _opened(self) -> Database:
        if self._database is None:
            self._database = await open_database(self._path, writes=True)
            # Whoever waits for those who read keeps others from writing meanwhile.
            await self._database.run(lambda connection: connection.execute("PRAGMA busy_timeout = 0").close())
        return self._database

    async def close(self) -> None:
        """Close the connection."""
        if self._database is not None:
            await self._database.close()
            self._database = None


def _folded(connection: sqlite3.Connection) -> bool:
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return not busy


def _emptied(connection: sqlite3.Connection) -> bool:
    _folded(connection)  # most of it: from now on little is left to do while nobody may write
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


class Readers:
    """A few read-only connections, lent one at a time."""

    def __init__(self, path: str, size: int = 2, busy_seconds: float = BUSY_SECONDS) -> None:
        self._path = path
        self._busy_seconds = busy_seconds
        self._size = size
        self._closed = False
        self._free: asyncio.LifoQueue[Database | None] = asyncio.LifoQueue()
        for _ in range(size):
            self._free.put_nowait(None)

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Database]:
        """A connection for the time of the block; opened when first needed."""
        if self._closed:
            raise StoreError(CLOSED)
        database = await self._free.get()
        try:
            if database is None:
                database = await open_database(self._path, writes=False, busy_seconds=self._busy_seconds)
            yield database
        finally:
            self._free.put_nowait(database)

    async def close(self) -> None:
        """Close those that are open, once they are given back."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._size):
            database = await self._free.get()
            if database is not None:
                await database.close()
