"""``storage.upkeep.Upkeep`` over one file, or over memory."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Protocol

from storage.ports import StoreError
from storage.sqlite import archiving, proving
from storage.sqlite.connection import Database, T, Work, open_database
from storage.upkeep import Entry, Mark, News, Proof, Repaired, Scope, Take

BATCH = 500


class Reading(Protocol):
    """Runs work on a reader."""

    def __call__(self, work: Work[T], /) -> Awaitable[T]: ...


class SqliteUpkeep:
    """What the store lends it: its writing connection, its readers, and the path of its file, if it has one."""

    def __init__(self, database: Database, read: Reading, path: str) -> None:
        self._database = database
        self._read = read
        self._path = path

    async def archive(self, scope: Scope) -> AsyncIterator[Sequence[Entry]]:
        """One long look over a connection of its own: a slow taker keeps nobody else from reading."""
        if not self._path:
            yield await self._read(lambda connection: list(archiving.read(connection, scope)))
            return
        database = await open_database(self._path, writes=False)
        try:
            await database.run(lambda connection: connection.execute("BEGIN DEFERRED").close())
            entries = await database.run(lambda connection: archiving.read(connection, scope))
            while batch := await database.run(lambda _: list(islice(entries, BATCH))):
                yield batch
        finally:
            await database.close()

    async def restore(self, entries: Sequence[Entry]) -> Sequence[int]:
        return await self._database.run(lambda connection: archiving.write(connection, entries))

    async def proofs(self, after: int, limit: int, session: bytes | None = None) -> Sequence[Proof]:
        return await self._read(lambda connection: proving.proofs(connection, after, limit, session))

    async def lacks_media(self, exchange: bytes) -> tuple[bool, bool]:
        return await self._read(lambda connection: proving.lacks_media(connection, exchange))

    async def takes(self, session: bytes) -> Sequence[Take]:
        return await self._read(lambda connection: proving.takes(connection, session))

    async def take(self, exchange: bytes) -> Take | None:
        found = await self._read(lambda connection: proving.takes(connection, None, exchange))
        return found[0] if found else None

    async def mark(self) -> Mark:
        return await self._read(proving.mark)

    async def news(self, mark: Mark) -> tuple[Sequence[News], Mark]:
        return await self._read(lambda connection: proving.news(connection, mark))

    async def repair(self) -> Repaired:
        return await self._database.run(proving.repair)

    async def backup(self, path: str) -> int:
        return await self._database.run(partial(_copy, path))


def _copy(path: str, connection: sqlite3.Connection) -> int:
    """A copy that only its owner may read, whole or not there at all."""
    target = Path(path).absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        if not target.exists():  # what should be its folder is a file
            message = f"{target} can't be made ({error.strerror})"
            raise StoreError(message) from error
        message = f"{target} is there already; a backup goes into a new file"
        raise StoreError(message) from error
    except OSError as error:
        message = f"{target} can't be made ({error.strerror})"
        raise StoreError(message) from error
    try:
        with closing(sqlite3.connect(target)) as copy:
            connection.backup(copy)
    except BaseException:
        target.unlink()
        raise
    return target.stat().st_size
