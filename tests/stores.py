"""A real store behind a gate: its writes wait while the gate is shut, or fail as a broken store's do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

from storage.opening import open_store
from storage.ports import Question, Store, StoreError
from storage.records import Closed, Found, Lookup, Orphan, Record, Value

Holds = Callable[[Sequence[Record]], bool]


def closings(records: Sequence[Record]) -> bool:
    """Whether the end of an exchange is among the records."""
    return any(isinstance(record, Closed) for record in records)


def all_records(_: Sequence[Record]) -> bool:
    """Every write."""
    return True


class Peek:
    """An entry, and the record that it comes to."""

    def __init__(self, entry: Record | Question) -> None:
        self._entry = entry
        self.asks = not isinstance(entry, Value)
        self.record: Record = self.planned

    @property
    def planned(self) -> Record:
        """The record as far as it is known beforehand."""
        if isinstance(self._entry, Value):
            return self._entry
        held: Any = self._entry
        record: Record = held.draft.opened if held.lookup is not None else held.answer.closed
        return record

    @property
    def lookup(self) -> Lookup | None:
        return cast("Question", self._entry).lookup

    def answered(self, found: Found) -> Record:
        self.record = cast("Question", self._entry).answered(found)
        return self.record


class GatedStore:
    """``storage.ports.Store``; all but ``write`` goes straight to the real one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._gate = asyncio.Event()
        self._gate.set()
        self._holds: Holds = all_records
        self._changed = asyncio.Condition()
        self.held = asyncio.Event()
        """Set by the first write that has to wait."""
        self.failure: StoreError | None = None
        self.fails: Holds = all_records
        """Which writes fail while there is a failure."""
        self.failed = asyncio.Event()
        """Set by each write that failed."""
        self.after_orphans: Callable[[], object] | None = None
        """Called once, when orphans have been looked for."""
        self.indexed = asyncio.Event()
        """Set once the index is up to date."""
        self.written: list[Record] = []
        """All records that were committed, in order."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @property
    def port(self) -> Store:
        """Itself, as proxy sees it."""
        return cast("Store", self)

    def shut(self, holds: Holds = all_records) -> None:
        """From now on such writes wait."""
        self._holds = holds
        self._gate.clear()
        self.held.clear()

    def release(self) -> None:
        """Let all writes through that wait."""
        self._gate.set()

    def break_down(self, fails: Holds = all_records, *, refused: bool = False) -> None:
        """From now on such writes fail."""
        self.fails = fails
        self.failed.clear()
        self.failure = StoreError("the disk is full; free some space", refused=refused)

    def repair(self) -> None:
        """Let writes succeed again."""
        self.failure = None

    async def probe(self) -> None:
        """Fail where a write would."""
        if self.failure is not None:
            raise self.failure
        await self._store.probe()

    async def write(self, entries: Sequence[Record | Question]) -> None:
        """Write once the gate is open."""
        peeks = [Peek(entry) for entry in entries]
        planned = [peek.planned for peek in peeks]
        if not self._gate.is_set() and self._holds(planned):
            self.held.set()
            await self._gate.wait()
        if self.failure is not None and self.fails(planned):
            self.failed.set()
            raise self.failure
        await self._store.write([peek if peek.asks else peek.planned for peek in peeks])
        async with self._changed:
            self.written += [peek.record for peek in peeks]
            self._changed.notify_all()

    async def orphans(self) -> Sequence[Orphan]:
        """Look for them; what happens right after it can be said."""
        found = await self._store.orphans()
        then, self.after_orphans = self.after_orphans, None
        if then is not None:
            then()
        return found

    async def index(self, limit: int) -> int:
        """Index, and tell once nothing is left to do."""
        left = await self._store.index(limit)
        if not left:
            self.indexed.set()
        return left

    async def until(self, reached: Callable[[list[Record]], bool]) -> None:
        """Wait until what was committed is enough."""
        async with self._changed:
            await self._changed.wait_for(lambda: reached(self.written))

    async def until_closed(self, *exchanges: bytes) -> None:
        """Wait until the ends of these exchanges are committed."""
        wanted = set(exchanges)
        await self.until(lambda records: wanted <= {one.exchange for one in records if isinstance(one, Closed)})


async def open_gated(url: str) -> GatedStore:
    """Open a store behind an open gate."""
    return GatedStore(await open_store(url))
