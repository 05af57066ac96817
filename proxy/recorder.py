"""One queue, one writer: requests are placed and replies committed in groups, each group one transaction.

Recording never breaks traffic. What the store doesn't take in time goes to the spool, in order, and from there to
the store when it is back; what the spool doesn't take is counted as lost. Entries live here, not in the tasks that
serve clients: a client that leaves takes nothing with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from proxy.drafts import Draft, Standing, finish, settle, standing_of
from proxy.messages import Message
from proxy.spool import Answer, Entry, Spool
from proxy.threads import conflicts
from storage.ports import Store, StoreError
from storage.records import Checkpointed, Closed, Found, Lost, Opened, Record

log = logging.getLogger("steno.recorder")

BATCH = 256
RETRY_SECONDS = 1.0

INDEXED = 256
QUIET_SECONDS = 0.2
OVERDUE = 1_000_000
"""The full-text index waits for a quiet moment, but under lasting load no longer than so many microseconds a step."""


@dataclass(slots=True, eq=False)
class Ticket:
    """An entry on its way: where it stands once placed, and whether it is safe (in the store, or in the spool)."""

    entry: Entry
    size: int
    safe: asyncio.Future[None]
    placed: asyncio.Future[Standing] | None = None
    spooled: bool = False
    lost: bool = False


@dataclass(slots=True)
class Counters:
    """What an operator wants to see of the recorder."""

    queued_bytes: int = 0
    lost: int = 0
    unsaved_losses: int = 0
    failing: str = ""
    """Why the store takes nothing; empty while it does."""
    stalled: bool = False
    """Whether a commit is taking longer than anyone may wait."""
    unindexed: int = 0
    batches: int = 0
    entries: int = 0


@dataclass(slots=True)
class Recorder:
    """The writer's side is ``run``; the traffic's side is ``open``, ``checkpoint`` and ``close``."""

    store: Store
    spool: Spool
    commit_seconds: float
    queue_bytes: int
    clock: Callable[[], int]
    forget: Callable[[], None]
    """Called when entries were lost: what is remembered of recorded prefixes no longer holds."""
    counters: Counters = field(default_factory=Counters)
    _queue: deque[Ticket] = field(default_factory=deque)
    _placed: list[Ticket] = field(default_factory=list)
    _standings: dict[bytes, Standing] = field(default_factory=dict)
    _work: asyncio.Event = field(default_factory=asyncio.Event)
    _progress: asyncio.Event = field(default_factory=asyncio.Event)
    _indexed_at: int = 0
    _stopping: bool = False

    # The traffic's side

    async def open(self, draft: Draft) -> Ticket:
        """Hand a request over. Waits only for room in the queue, and only while the writer makes progress."""
        ticket = self._ticket(draft, draft.opened.body_bytes + 500)
        ticket.placed = asyncio.get_running_loop().create_future()
        await self._room()
        self._put(ticket)
        return ticket

    def checkpoint(self, record: Checkpointed) -> None:
        """Hand over a piece of a running stream. Under pressure it is left out: the end of the reply brings it all."""
        if self.counters.queued_bytes < self.queue_bytes and not self._blocked:
            self._put(self._ticket(record, len(record.data)))

    def close(self, opened: Ticket, closed: Closed, messages: tuple[Message, ...]) -> Ticket:
        """Hand over the end of an exchange; ``saved`` tells when it is safe."""
        size = 500 + sum(len(reply.body) for reply in closed.replies) + (len(closed.raw.data) if closed.raw else 0)
        ticket = self._ticket(Answer(closed, messages), size)
        if opened.lost:
            self._count_lost(1)
            ticket.safe.set_result(None)
        elif opened.spooled or self._blocked:
            self._spill([opened, ticket])  # in this order: the end of an exchange that isn't there would be nothing
        else:
            self._put(ticket)
        return ticket

    async def saved(self, *tickets: Ticket) -> None:
        """Wait until entries are in the store; after ``commit_seconds`` they go to the spool instead."""
        waiting = [ticket for ticket in tickets if not ticket.safe.done()]
        if not waiting:
            return
        try:
            async with asyncio.timeout(self.commit_seconds):
                for ticket in waiting:
                    await asyncio.shield(ticket.safe)
        except TimeoutError:
            log.warning("a commit takes longer than %s s; its records go to the spool", self.commit_seconds)
            self.counters.stalled = True
            self._spill(tickets)

    @property
    def _blocked(self) -> bool:
        """Whether new entries had better not wait for the store."""
        return bool(self.counters.failing) or self.counters.stalled

    def _ticket(self, entry: Entry, size: int) -> Ticket:
        return Ticket(entry, size, asyncio.get_running_loop().create_future())

    def _put(self, ticket: Ticket) -> None:
        if self._blocked:
            self._spill([ticket])
            return
        self._queue.append(ticket)
        self.counters.queued_bytes += ticket.size
        self._work.set()

    async def _room(self) -> None:
        while self.counters.queued_bytes >= self.queue_bytes:
            self._progress.clear()
            try:
                async with asyncio.timeout(self.commit_seconds):
                    await self._progress.wait()
            except TimeoutError:
                log.warning("the queue is full and the writer stands still; its records go to the spool")
                self._spill(list(self._queue))
                self._drop_queue()

    def _drop_queue(self) -> None:
        self._queue.clear()
        self.counters.queued_bytes = 0

    # The writer's side

    async def run(self) -> None:
        """Write until ``stop`` is called and everything is in the store or in the spool."""
        while not (self._stopping and not self._queue and not self._placed):
            if self.counters.failing or self.spool.pending:
                await self._recover()
            elif self._queue or self._placed:
                await self._write_batch()
                await self._index_overdue()
            else:
                await self._idle()

    def stop(self) -> None:
        """Let ``run`` end once all that is queued is safe."""
        self._stopping = True
        self._work.set()

    async def _idle(self) -> None:
        self._work.clear()
        try:
            async with asyncio.timeout(QUIET_SECONDS if self.counters.unindexed else None):
                await self._work.wait()
        except TimeoutError:
            await self._index()

    async def _index_overdue(self) -> None:
        if self.clock() - self._indexed_at > OVERDUE:
            await self._index()

    async def _index(self) -> None:
        self._indexed_at = self.clock()
        try:
            self.counters.unindexed = await self.store.index(INDEXED)
        except StoreError as error:
            log.warning("the full-text index can't be brought up to date: %s", error)
            self.counters.unindexed = 0

    async def _write_batch(self) -> None:
        drafts, records = self._take()
        batch = [*self._placed, *records]
        self._placed = []
        try:
            lookups = [ticket.entry.lookup for ticket in drafts if isinstance(ticket.entry, Draft)]
            found = await self.store.write([self._record(ticket) for ticket in batch], lookups)
        except StoreError as error:
            self._fail(str(error), [*batch, *drafts])
            return
        except Exception as error:  # a fault of ours must not stop the writer either
            log.exception("the writer failed")
            self._fail(repr(error), [*batch, *drafts])
            return
        self._committed(batch)
        for ticket, answer in zip(drafts, found, strict=True):
            self._place(ticket, answer)
        self.counters.batches += 1
        self.counters.entries += len(batch)

    def _take(self) -> tuple[list[Ticket], list[Ticket]]:
        """The next drafts to look up and records to write. What must wait for its turn stays in the queue, in order."""
        drafts: list[Ticket] = []
        records: list[Ticket] = []
        later: list[Ticket] = []
        busy: set[bytes] = set()
        for _ in range(min(len(self._queue), BATCH)):
            ticket = self._queue.popleft()
            entry = ticket.entry
            if isinstance(entry, Draft):
                keys = conflicts(entry.lookup)
                (later if keys & busy else drafts).append(ticket)
                busy |= keys
            elif isinstance(entry, Answer) and entry.closed.exchange not in self._standings:
                later.append(ticket)
            else:
                records.append(ticket)
        self._queue.extendleft(reversed(later))
        return drafts, records

    def _record(self, ticket: Ticket) -> Record:
        entry = ticket.entry
        assert not isinstance(entry, Draft)  # noqa: S101 (drafts are placed first)
        if isinstance(entry, Answer):
            return finish(entry.closed, entry.messages, self._standing(entry))
        return entry

    def _place(self, ticket: Ticket, found: Found) -> None:
        assert isinstance(ticket.entry, Draft)  # noqa: S101 (only drafts are looked up)
        opened, standing = settle(ticket.entry, found)
        self._standings[opened.id] = standing
        ticket.entry = opened
        self._placed.append(ticket)
        if ticket.placed is not None and not ticket.placed.done():
            ticket.placed.set_result(standing)

    def _committed(self, batch: Iterable[Ticket]) -> None:
        for ticket in batch:
            self.counters.queued_bytes -= ticket.size
            if isinstance(ticket.entry, Answer):
                self._standings.pop(ticket.entry.closed.exchange, None)
            if not ticket.safe.done():
                ticket.safe.set_result(None)
        self.counters.unindexed += 1
        self.counters.stalled = False
        self._progress.set()

    # When the store can't

    def _fail(self, reason: str, tickets: Sequence[Ticket]) -> None:
        if not self.counters.failing:
            log.error("the store takes no records: %s. They go to the spool.", reason)
        self.counters.failing = reason
        self._spill([*tickets, *self._queue])
        self._placed = []
        self._drop_queue()

    def _spill(self, tickets: Sequence[Ticket]) -> None:
        """Put entries into the spool; what doesn't fit is lost, and counted."""
        pending = [ticket for ticket in tickets if not ticket.spooled and not ticket.safe.done()]
        try:
            kept = self.spool.append([ticket.entry for ticket in pending])
        except OSError as error:
            log.error("the spool takes no records: %s", error)  # noqa: TRY400 (a full disk needs no traceback)
            kept = False
        for ticket in pending:
            ticket.spooled, ticket.lost = kept, not kept
            if ticket.placed is not None and not ticket.placed.done():
                ticket.placed.cancel()
            if not ticket.safe.done():
                ticket.safe.set_result(None)
        self._work.set()
        if not kept:
            self._lose(pending)

    def _lose(self, tickets: Sequence[Ticket]) -> None:
        lost = sum(isinstance(ticket.entry, Answer) for ticket in tickets)
        self._count_lost(lost)
        log.error("%s exchanges are lost: neither the store nor the spool takes them", lost)

    def _count_lost(self, lost: int) -> None:
        self.counters.lost += lost
        self.counters.unsaved_losses += lost
        self.forget()

    async def _recover(self) -> None:
        """Replay the spool; while the store fails, wait a moment before the next try. New entries queue behind."""
        if self.counters.failing and not self._stopping:
            await asyncio.sleep(RETRY_SECONDS)
        entries = self.spool.take(BATCH)
        try:
            for entry in entries:
                await self._replay(entry)
        except StoreError as error:
            self._fail(str(error), [])
            return
        self.spool.forget(len(entries))
        if self.counters.failing:
            log.warning("the store takes records again")
            self.counters.failing = ""
        if self.counters.unsaved_losses and not self.spool.pending:
            await self._report_losses()

    async def drain_spool(self) -> None:
        """Bring what an earlier process left in the spool into the store; a failing store ends it."""
        while self.spool.pending and not self.counters.failing:
            await self._recover()

    async def _replay(self, entry: Entry) -> None:
        try:
            await self.store.write([await self._settled(entry)])
        except StoreError as error:
            if not error.refused:
                raise
            log.error("the store refuses a record for good: %s", error)  # noqa: TRY400
            self._count_lost(1)
        except Exception:  # one bad entry must not stand in the way of all behind it
            log.exception("an entry of the spool can't be written")
            self._count_lost(1)
        if isinstance(entry, Answer):
            self._standings.pop(entry.closed.exchange, None)

    async def _settled(self, entry: Entry) -> Record:
        """What an entry of the spool is in the store as it is now."""
        match entry:
            case Draft():
                (found,) = await self.store.write([], [entry.lookup])
                opened, self._standings[entry.opened.id] = settle(entry, found)
                return opened
            case Answer():
                return finish(entry.closed, entry.messages, self._standing(entry))
            case Opened():
                self._standings.setdefault(entry.id, standing_of(entry))
        return entry

    def _standing(self, answer: Answer) -> Standing:
        return self._standings.get(answer.closed.exchange, Standing(b"", b"", b""))

    def remember(self, exchange: bytes, standing: Standing) -> None:
        """Where the reply of an exchange goes that an earlier process opened."""
        self._standings[exchange] = standing

    async def _report_losses(self) -> None:
        lost = Lost(at=self.clock(), exchanges=self.counters.unsaved_losses, reason="neither store nor spool took them")
        try:
            await self.store.write([lost])
        except StoreError:
            return
        self.counters.unsaved_losses = 0
