"""The embedded store: one SQLite file in WAL mode, one writer, a few readers. It keeps and finds, and decides nothing."""

from __future__ import annotations

import secrets
import sqlite3
import zlib
from collections.abc import Sequence
from pathlib import Path

from storage.ports import StoreError
from storage.queries import load_queries
from storage.records import (
    CallRow,
    ExchangeRow,
    Found,
    Health,
    Hit,
    Lookup,
    MessageRow,
    Orphan,
    Record,
    SessionRow,
    Totals,
)
from storage.migrate import migrate
from storage.sqlite import reading, searching
from storage.sqlite.connection import MEMORY, Database, Readers, T, Work, open_database
from storage.sqlite.finding import find
from storage.sqlite.locks import Locks
from storage.sqlite.writing import write

SQL = load_queries("storage.sqlite", "writing.sql") | load_queries("storage.sqlite", "reading.sql")


class SqliteStore:
    """``storage.ports.Store`` over one file, or over memory."""

    def __init__(self, writer: Database, path: str, readers: Readers | None, locks: Locks) -> None:
        self._writer = writer
        self._path = path
        self._readers = readers
        self._locks = locks

    async def write(self, records: Sequence[Record], lookups: Sequence[Lookup] = ()) -> Sequence[Found]:
        """All records in one transaction, then the lookups: one call to the database thread."""

        def work(connection: sqlite3.Connection) -> list[Found]:
            if records:
                _commit(connection, records)
            return [find(connection, lookup) for lookup in lookups]

        return await self._writer.run(work)

    async def set_durable(self) -> None:
        """Sync each commit to the disk, so that it survives the loss of power."""
        await self._writer.run(lambda connection: connection.execute("PRAGMA synchronous = FULL") and None)

    async def hold(self, run: bytes) -> None:
        """Lock this run's file until the process ends."""
        try:
            self._locks.hold(run)
        except OSError as error:
            message = f"the store's folder takes no lock file ({error.strerror})"
            raise StoreError(message) from error

    async def orphans(self) -> Sequence[Orphan]:
        """Open exchanges whose process is gone."""
        return await self._writer.run(self._orphans)

    def _orphans(self, connection: sqlite3.Connection) -> list[Orphan]:
        runs = [run for (run,) in connection.execute(SQL["open_runs"]) if self._locks.is_gone(run)]
        return [
            Orphan(*row[1:6], bool(row[6]), row[7], row[8], _checkpointed(connection, row[0]))
            for run in runs
            for row in connection.execute(SQL["open_exchanges"], (run,)).fetchall()
        ]

    async def index(self, limit: int) -> int:
        """Take the next messages into the full-text indexes."""
        return await self._writer.run(lambda connection: _index(connection, limit))

    async def secret(self) -> bytes:
        """The store's key."""
        return await self._writer.run(_secret)

    async def sessions(self, owner: bytes | None = None, limit: int = 50) -> Sequence[SessionRow]:
        return await self._read(lambda connection: reading.sessions(connection, owner, limit))

    async def session(self, key: str, owner: bytes | None = None) -> SessionRow | None:
        return await self._read(lambda connection: reading.session(connection, key, owner))

    async def messages(self, session: bytes) -> Sequence[MessageRow]:
        return await self._read(lambda connection: reading.messages(connection, session))

    async def calls(self, session: bytes) -> Sequence[CallRow]:
        return await self._read(lambda connection: reading.calls(connection, session))

    async def exchanges(self, session: bytes | None = None, limit: int = 1000) -> Sequence[ExchangeRow]:
        return await self._read(lambda connection: reading.exchanges(connection, session, limit))

    async def sent(self, exchange: bytes) -> bytes | None:
        return await self._read(lambda connection: reading.sent(connection, exchange))

    async def reply(self, exchange: bytes) -> bytes | None:
        return await self._read(lambda connection: reading.reply(connection, exchange))

    async def system(self, hash: bytes) -> bytes | None:  # noqa: A002
        return await self._read(lambda connection: reading.blob(connection, hash))

    async def search(self, query: str, role: str | None = None, limit: int = 20) -> Sequence[Hit]:
        return await self._read(lambda connection: searching.search(connection, query, role, limit))

    async def totals(self) -> Totals:
        return await self._read(reading.totals)

    async def health(self) -> Health:
        return await self._read(_health)

    async def _read(self, work: Work[T]) -> T:
        if self._readers is None:
            return await self._writer.run(work)
        async with self._readers.lend() as database:
            return await database.run(work)

    async def close(self) -> None:
        """Close all connections; the last one out folds the log into the file."""
        if self._readers is not None:
            await self._readers.close()
        await self._writer.close()
        self._locks.release()


def _commit(connection: sqlite3.Connection, records: Sequence[Record]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for record in records:
            write(connection, record)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _checkpointed(connection: sqlite3.Connection, exchange: int) -> bytes:
    pieces = connection.execute(SQL["checkpoints"], (exchange,)).fetchall()
    return b"".join(zlib.decompress(piece) for (piece,) in pieces)


def _index(connection: sqlite3.Connection, limit: int) -> int:
    done, newest = connection.execute(SQL["indexed_to"]).fetchone()
    if done == newest:
        return 0
    target = min(newest, done + limit)
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(SQL["index_words"], (done, target))
        connection.execute(SQL["index_grams"], (done, target))
        connection.execute(SQL["set_indexed"], (target,))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    left: int = newest - target
    return left


def _secret(connection: sqlite3.Connection) -> bytes:
    connection.execute("INSERT OR IGNORE INTO facts VALUES ('secret', ?)", (secrets.token_bytes(32),))
    found: bytes = connection.execute("SELECT value FROM facts WHERE name = 'secret'").fetchone()[0]
    return found


def _health(connection: sqlite3.Connection) -> Health:
    faults = [text for (text,) in connection.execute("PRAGMA integrity_check(20)") if text != "ok"]
    version = connection.execute("SELECT max(number) FROM migrations").fetchone()[0]
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    free = connection.execute("PRAGMA freelist_count").fetchone()[0]
    done, newest = connection.execute(SQL["indexed_to"]).fetchone()
    return Health(version, size * pages, size * free, newest - done, tuple(faults))


async def open_sqlite(path: str) -> SqliteStore:
    """Open or make the store at ``path``, in a folder that only its user may read. Raises ``StoreError``."""
    if path != MEMORY:
        _make(Path(path))
    writer = await open_database(path, writes=True)
    try:
        await writer.run(lambda connection: migrate(connection, "storage.sqlite"))
    except BaseException:
        await writer.close()
        raise
    file = Path(path)
    locks = Locks(None, "") if path == MEMORY else Locks(file.absolute().parent, file.name)
    return SqliteStore(writer, path, None if path == MEMORY else Readers(path), locks)


def _make(path: Path) -> None:
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True, mode=0o700)
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        message = f"the store {path} can't be made ({error.strerror}); choose another with --store or in [store]"
        raise StoreError(message) from error
