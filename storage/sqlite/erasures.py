"""``storage.erasures.Erasures`` over one file, or over memory: in short steps, after which the files are cleaned.

A transaction takes pieces for a few milliseconds; then whoever waits for the writer has as much time.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from itertools import count
from time import perf_counter
from typing import Protocol

from storage.sqlite import erasing, scrubbing, unindexing
from storage.sqlite.connection import Log, T, Work
from storage.sqlite.generation import Generation

FOLDED = 16
"""After so many steps the log is folded: it must not be left to a writer's commit."""
LEAVING = 50
"""So many sessions leave in one transaction."""
STEP_SECONDS = 0.003
GRACE_SECONDS = 0.02
"""What was read of a session before it left is written by then."""

Pieces = Callable[[sqlite3.Connection], Iterator[None]]


class Running(Protocol):
    """Runs work on a connection."""

    def __call__(self, work: Work[T], /) -> Awaitable[T]: ...


class SqliteErasures:
    """What the store lends it: its writer, its readers, and the path of its file, if it has one."""

    def __init__(self, edit: Running, read: Running, path: str, generation: Generation) -> None:
        self._edit = edit
        self._read = read
        self._path = path
        self._log = Log(path) if path else None
        self._generation = generation
        self._busy = asyncio.Lock()

    async def erase(self, *sessions: bytes) -> bool:
        for at in range(0, len(sessions), LEAVING):
            await self._edit(partial(erasing.leave, sessions=sessions[at : at + LEAVING]))
        return await self._swept()

    async def erase_alone(self, before: int) -> bool:
        if not await self._read(partial(erasing.has_alone, before=before)):
            return await self._swept()
        await self._edit(erasing.begin)
        return await self._swept(partial(erasing.lone_pieces, before=before))

    async def inactive(self, before: int) -> Sequence[bytes]:
        return await self._read(partial(erasing.inactive, before=before))

    def generation(self) -> bytes:
        return self._generation.now()

    async def _swept(self, *more: Pieces) -> bool:
        """Erase all that is leaving, and more; whether the files are clean after that."""
        async with self._busy:
            erasure = await self._read(erasing.unwiped)
            if erasure is None:
                return True
            self._generation.change()
            await asyncio.sleep(GRACE_SECONDS)
            try:
                await self._sweep(more)
                clean = self._log is None or (await self._log.empty() and await scrubbed(self._path))
            finally:
                if self._log is not None:
                    await self._log.close()
            if clean:
                await self._edit(partial(erasing.wiped, erasure=erasure))
            return clean

    async def _sweep(self, more: Sequence[Pieces]) -> None:
        while (session := await self._read(erasing.leaving)) is not None:
            await self._step_by_step(partial(erasing.session_pieces, session=session[0]), session)
        for pieces in (*more, unindexing.doubts, unindexing.merge):
            await self._step_by_step(pieces)

    async def _step_by_step(self, pieces: Pieces, session: erasing.Session | None = None) -> None:
        left: list[Iterator[None]] = []
        for number in count(1):
            took, done = await self._edit(partial(_step, pieces, left, session))
            if done:
                return
            if self._log is not None and number % FOLDED == 0:
                await self._log.fold()
            await asyncio.sleep(took)


async def scrubbed(path: str) -> bool:
    """Clean the unused bytes of all pages, in a process of its own; whether that was done."""
    try:
        process = await asyncio.create_subprocess_exec(sys.executable, "-I", scrubbing.__file__, path)
    except OSError:
        return False
    try:
        return await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _step(
    pieces: Pieces, left: list[Iterator[None]], session: erasing.Session | None, connection: sqlite3.Connection
) -> tuple[float, bool]:
    """Some of the pieces that are left: how long it took, and whether that were all."""
    began = perf_counter()
    if session is not None and not erasing.is_leaving(connection, session):  # another process was quicker
        return 0.0, True
    if not left:
        left.append(pieces(connection))
    for _ in left[0]:
        took = perf_counter() - began
        if took > STEP_SECONDS:
            return took, False
    return perf_counter() - began, True
