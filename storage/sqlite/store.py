"""The embedded store: one SQLite file, one writer, a few readers. It keeps and finds, and decides nothing."""

from __future__ import annotations

import secrets
import sqlite3
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from storage.cleaning import clean_text
from storage.inquiries import EntryRow, Hits, Inquiry, Statistics
from storage.migrate import migrate, migrations, pending
from storage.ports import Question, StoreError
from storage.queries import load_queries
from storage.records import (
    Attempt,
    CallRow,
    ClosingRecord,
    CompactedRow,
    ExchangeRow,
    Expanded,
    Health,
    MessageRow,
    Orphan,
    PlanRow,
    Record,
    SegmentRecord,
    SegmentRow,
    SessionRow,
    Totals,
)
from storage.sqlite import closings, expanding, indexing, reading, reflecting, searching, statistics
from storage.sqlite.browsing import SqliteBrowsing
from storage.sqlite.connection import BUSY_SECONDS, MEMORY, Database, Readers, T, Work, open_database
from storage.sqlite.editing import SqliteEdits
from storage.sqlite.erasures import SqliteErasures
from storage.sqlite.generation import Generation
from storage.sqlite.listing import SqliteListings
from storage.sqlite.locks import Locks
from storage.sqlite.owners import SqliteOwners
from storage.sqlite.place import Place
from storage.sqlite.upkeep import SqliteUpkeep
from storage.sqlite.writing import Writer
from storage.transactions import transaction

PACKAGE = "storage.sqlite"
SQL = load_queries(PACKAGE, "reading.sql")


class SqliteStore:
    """``storage.ports.Store`` over one file, or over memory."""

    def __init__(
        self, database: Database, writer: Writer, readers: Readers | None, locks: Locks, path: str = ""
    ) -> None:
        self._database = database
        self._writer = writer
        self._readers = readers
        self._locks = locks
        self._place = Place(Path(path) if path else None)
        self.listings = SqliteListings(self._read)
        self._generation = Generation(Path(path) if path else None)
        self.edits = SqliteEdits(self._edit, self._generation)
        self.erasures = SqliteErasures(self._edit, self._read, path, self._generation)
        self.owners = SqliteOwners(self._read, self._edit)
        self.upkeep = SqliteUpkeep(database, self._read, path)

    async def write(self, entries: Sequence[Record | Question]) -> None:
        """All entries in one transaction: one call to the database thread."""
        await self._written(lambda writer: writer.commit(entries))

    async def probe(self) -> None:
        """A page is written that stays as it was."""
        await self._written(lambda writer: writer.probe())

    async def set_durable(self) -> None:
        """Sync each commit to the disk."""
        await self._database.run(lambda connection: connection.execute("PRAGMA synchronous = FULL").close())

    async def hold(self, run: bytes) -> None:
        """Lock this run's file until the process ends."""
        try:
            self._locks.hold(run)
        except OSError as error:
            message = f"the store's folder takes no lock file ({error.strerror})"
            raise StoreError(message) from error

    async def orphans(self) -> Sequence[Orphan]:
        """Open exchanges whose process is gone."""
        return await self._database.run(self._orphans)

    def _orphans(self, connection: sqlite3.Connection) -> list[Orphan]:
        runs = [run for (run,) in connection.execute(SQL["open_runs"]).fetchall() if self._locks.is_gone(run)]
        return [
            _orphan(row, connection.execute(SQL["checkpoints"], (row[0],)).fetchall())
            for run in runs
            for row in connection.execute(SQL["open_exchanges"], (run,)).fetchall()
        ]

    async def index(self, limit: int) -> int:
        """Take the next messages into the full-text index."""
        return await self._database.run(lambda connection: indexing.index(connection, limit))

    async def secret(self) -> bytes:
        """The store's key."""
        return await self._database.run(_secret)

    async def sessions(self, owner: bytes | None = None, limit: int = 50) -> Sequence[SessionRow]:
        return await self._read(lambda connection: reading.sessions(connection, owner, limit))

    async def session(self, key: str, owner: bytes | None = None) -> SessionRow | None:
        return await self._read(lambda connection: reading.session(connection, clean_text(key), owner))

    async def children(self, session: bytes) -> Sequence[SessionRow]:
        return await self._read(lambda connection: reading.children(connection, session))

    async def messages(self, session: bytes) -> Sequence[MessageRow]:
        return await self._read(lambda connection: reading.messages(connection, session))

    async def calls(self, session: bytes) -> Sequence[CallRow]:
        return await self._read(lambda connection: reading.calls(connection, session))

    async def exchanges(self, session: bytes | None = None, limit: int = 1000) -> Sequence[ExchangeRow]:
        return await self._read(lambda connection: reading.exchanges(connection, session, limit))

    async def issuer(self, owner: bytes, handle: str) -> str:
        return await self._read(lambda connection: reading.issuer(connection, owner, clean_text(handle)))

    async def attempts(self, exchange: bytes) -> Sequence[Attempt]:
        return await self._read(lambda connection: reading.attempts(connection, exchange))

    async def sent(self, exchange: bytes) -> bytes | None:
        return await self._read(lambda connection: reading.sent(connection, exchange))

    async def reply(self, exchange: bytes) -> bytes | None:
        return await self._read(lambda connection: reading.reply(connection, exchange))

    async def closing(self, digests: Sequence[bytes], threshold: int) -> ClosingRecord | None:
        return await self._read(lambda connection: closings.closing(connection, digests, threshold))

    async def summaries(self, digests: Sequence[bytes]) -> Sequence[SegmentRecord]:
        return await self._read(lambda connection: closings.summaries(connection, digests))

    async def segments(self, session: bytes) -> Sequence[SegmentRow]:
        return await self._read(lambda connection: closings.segments(connection, session))

    async def expanded(self, segment: bytes, owner: bytes | None = None) -> Expanded | None:
        return await self._read(lambda connection: expanding.expanded(connection, segment, owner))

    async def plan(self, exchange: bytes) -> PlanRow | None:
        return await self._read(lambda connection: closings.plan(connection, exchange))

    async def compacted(
        self, session: bytes | None = None, owner: bytes | None = None, since: int = 0, until: int = 0
    ) -> Sequence[CompactedRow]:
        return await self._read(lambda connection: closings.compacted(connection, session, owner, since, until))

    async def system(self, hash: bytes) -> bytes | None:
        return await self._read(lambda connection: reading.blob(connection, hash))

    async def search(self, inquiry: Inquiry) -> Hits:
        return await self._read(lambda connection: searching.search(connection, inquiry))

    async def word_counts(self, words: Sequence[str], owner: bytes | None = None) -> tuple[int, Sequence[int]]:
        return await self._read(lambda connection: searching.word_counts(connection, words, owner))

    async def statistics(self, owner: bytes | None = None, since: int = 0, until: int = 0) -> Statistics:
        return await self._read(lambda connection: statistics.statistics(connection, owner, since, until))

    async def entries(
        self, owner: bytes | None = None, limit: int = 30, since: int = 0, until: int = 0
    ) -> Sequence[EntryRow]:
        return await self._read(lambda connection: reflecting.entries(connection, owner, limit, (since, until)))

    @property
    def browsing(self) -> SqliteBrowsing:
        """What pages ask of it."""
        return SqliteBrowsing(self._read)

    async def totals(self) -> Totals:
        return await self._read(reading.totals)

    async def health(self) -> Health:
        return await self._read(_health)

    async def _edit(self, work: Work[T]) -> T:
        return await self._written(lambda writer: writer.edit(work))

    async def _written(self, writing: Callable[[Writer], T]) -> T:
        def write(_: sqlite3.Connection) -> T:
            try:
                self._place.check()
            except StoreError:
                self._generation.change()  # what is remembered of recorded histories may be missing in the next file
                raise
            return writing(self._writer)

        return await self._database.run(write)

    async def _read(self, work: Work[T]) -> T:
        snapshot = partial(_snapshot, work)
        if self._readers is None:
            return await self._database.run(snapshot)
        async with self._readers.lend() as database:
            return await database.run(snapshot)

    async def close(self) -> None:
        """Close all connections; the last one out folds the log into the file."""
        if self._readers is not None:
            await self._readers.close()
        await self._database.close()
        self._locks.release()


def _snapshot(work: Work[T], connection: sqlite3.Connection) -> T:
    """One moment of the store, however many statements look at it."""
    with transaction(connection, "DEFERRED"):
        return work(connection)


def _orphan(row: reading.Row, checkpoints: list[tuple[bytes]]) -> Orphan:
    _, uid, owner, session, at, dialect, model, stream, tip, lone = row
    data = b"".join(zlib.decompress(piece) for (piece,) in checkpoints)
    return Orphan(uid, owner, session, at, dialect, model, bool(stream), tip, lone, data)


def _secret(connection: sqlite3.Connection) -> bytes:
    found = connection.execute(SQL["secret"]).fetchone()
    if found is None:
        connection.execute(SQL["make_secret"], (secrets.token_bytes(32),))
        found = connection.execute(SQL["secret"]).fetchone()
    return bytes(found[0])


def _health(connection: sqlite3.Connection) -> Health:
    faults = [text for (text,) in connection.execute("PRAGMA integrity_check(20)") if text != "ok"]
    version, done, newest = connection.execute(SQL["state"]).fetchone()
    size, pages, free = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count")
    )
    return Health(version, size * pages, size * free, newest - done, tuple(faults))


async def open_memory() -> SqliteStore:
    """A store that lives as long as it is open."""
    database = await open_database(MEMORY, writes=True)
    await database.run(lambda connection: migrate(connection, PACKAGE))
    return SqliteStore(database, await database.run(Writer), None, Locks(None))


async def open_sqlite(path: str, *, readonly: bool = False, busy_seconds: float = BUSY_SECONDS) -> SqliteStore:
    """Open or make the store at ``path``, in a folder that only its user may read. Raises ``StoreError``."""
    file = _file(path, readonly=readonly)
    database = await open_database(str(file), writes=not readonly, busy_seconds=busy_seconds)
    try:
        await database.run(_check if readonly else lambda connection: migrate(connection, PACKAGE))
        writer = await database.run(Writer)
    except BaseException:
        await database.close()
        raise
    return SqliteStore(database, writer, Readers(str(file), busy_seconds=busy_seconds), Locks(file), str(file))


def _check(connection: sqlite3.Connection) -> None:
    if pending(connection, migrations(PACKAGE)):
        message = "the store was written by an older release, or is empty; serving from it once brings it up to date"
        raise StoreError(message)


def _file(path: str, *, readonly: bool) -> Path:
    """The store's file, made if it isn't there and may be made."""
    file = Path(path).absolute()
    try:
        if readonly and not file.exists():
            message = f"there is no store at {file}; it is made when something is first recorded"
            raise StoreError(message)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            file.touch(mode=0o600)
    except OSError as error:
        message = f"the store {file} can't be made ({error.strerror}); choose another with --store or in [store]"
        raise StoreError(message) from error
    return file
