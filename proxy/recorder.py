"""One queue, one writer: requests are placed and replies committed in groups, each group one transaction.

Recording never breaks traffic. What the store doesn't take in time goes to the spool, and so does all that comes after
it, so that the order stays; from there it goes to the store when that is back. What the spool doesn't take is counted
as lost. Entries live here, not in the tasks that serve clients: a client that leaves takes nothing with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from proxy.drafts import Draft
from proxy.messages import Message
from proxy.spool import Answer, Entry, Spool
from proxy.writer import BATCH, Queue, Ticket, Writer
from storage.ports import Store, StoreError
from storage.records import Checkpointed, Closed, Lost

__all__ = ["Counters", "Recorder", "Ticket"]

log = logging.getLogger("steno.recorder")

RETRY_SECONDS = 1.0
GATHER_SECONDS = 0.001
OVERHEAD = 500
"""What an entry takes besides its text."""

INDEXED = 256
QUIET_SECONDS = 0.2
OVERDUE = 1_000_000
"""The full-text index waits for a quiet moment, but under lasting load no longer than so many microseconds a step."""

LOST = "neither the store nor the spool took them"


@dataclass(slots=True)
class Counters:
    """What an operator wants to see of the recorder."""

    queue: Queue
    lost: int = 0
    unsaved_losses: int = 0
    failing: str = ""
    """Why the store takes nothing; empty while it does."""
    stalled: bool = False
    """Whether new entries go to the spool, behind others that wait there."""
    unindexed: int = 0
    batches: int = 0
    entries: int = 0

    @property
    def queued_bytes(self) -> int:
        """The bytes that wait for the writer."""
        return self.queue.bytes


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
    retry_seconds: float = RETRY_SECONDS
    gather_seconds: float = GATHER_SECONDS
    counters: Counters = field(init=False)
    _queue: Queue = field(default_factory=Queue)
    _writer: Writer = field(init=False)
    _incomplete: set[bytes] = field(default_factory=set)
    _work: asyncio.Event = field(default_factory=asyncio.Event)
    _progress: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _indexed_at: int = 0
    _gathering: asyncio.TimerHandle | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def __post_init__(self) -> None:
        self.counters = Counters(self._queue)
        self._writer = Writer(self.store)

    # The traffic's side

    async def open(self, draft: Draft) -> Ticket:
        """Hand a request over. Waits only for room in the queue, and only while the writer makes progress."""
        ticket = Ticket(draft, draft.opened.body_bytes + OVERHEAD)
        await self._room()
        self._put(ticket)
        return ticket

    def checkpoint(self, record: Checkpointed) -> None:
        """Hand over a piece of a running stream. Under pressure it is left out: the end of the reply brings it all."""
        if self._queue.bytes >= self.queue_bytes:
            self._incomplete.add(record.exchange)
        if record.exchange not in self._incomplete:  # what follows a piece that is missing can't be read
            self._put(Ticket(record, len(record.data)))

    def close(self, opened: Ticket, closed: Closed, messages: tuple[Message, ...]) -> Ticket:
        """Hand over the end of an exchange; ``saved`` tells when it is safe."""
        size = OVERHEAD + sum(len(reply.body) for reply in closed.replies) + (len(closed.raw.data) if closed.raw else 0)
        ticket = Ticket(Answer(closed, messages), size)
        self._incomplete.discard(closed.exchange)
        if opened.lost:  # the end of an exchange that isn't there would be nothing
            ticket.settle(lost=True)
            self._lose(1, LOST)
        else:
            self._put(ticket)
        return ticket

    async def saved(self, *tickets: Ticket) -> None:
        """Wait until entries are in the store, or in the spool if a commit takes longer than ``commit_seconds``."""
        for ticket in tickets:
            await ticket.settled()

    def _put(self, ticket: Ticket) -> None:
        if self._waits_in_spool:
            self._spill([ticket])
            return
        self._queue.put(ticket)
        if isinstance(ticket.entry, Draft) and self.gather_seconds:
            self._gather()
        else:
            self._work.set()

    def _gather(self) -> None:
        """A request may wait a moment for others, or for its own reply: they then share a transaction."""
        if self._gathering is None or self._gathering.when() < self._loop.time():
            self._gathering = self._loop.call_later(self.gather_seconds, self._work.set)

    @property
    def _waits_in_spool(self) -> bool:
        return bool(self.counters.failing) or self.counters.stalled

    async def _room(self) -> None:
        while self._queue.bytes >= self.queue_bytes and not self._waits_in_spool:
            self._progress.clear()
            try:
                async with asyncio.timeout(self.commit_seconds):
                    await self._progress.wait()
            except TimeoutError:
                self._stall()

    # The writer's side

    async def run(self) -> None:
        """Write until ``stop`` is called and everything is in the store or in the spool."""
        try:
            while not self._is_done:
                await self._go_on()
        finally:
            # Nobody looks at the queue any more: what still comes goes to the spool, for the next process.
            self._withdraw()
        if self.counters.unsaved_losses:
            self._spooled([self._losses()])

    async def _go_on(self) -> None:
        if self._is_behind:
            await self._recover()
        elif self._queue:
            await self._write()
            await self._index_overdue()
        else:
            await self._idle()

    def stop(self) -> None:
        """Let ``run`` end once all that is queued is safe."""
        self._stopping.set()
        self._work.set()

    @property
    def _is_behind(self) -> bool:
        return self._waits_in_spool or self.spool.pending > 0 or self.counters.unsaved_losses > 0

    @property
    def _is_done(self) -> bool:
        waits = self._queue or self._is_behind
        return self._stopping.is_set() and (bool(self.counters.failing) or not waits)

    async def _idle(self) -> None:
        self._work.clear()
        if not self.counters.unindexed:
            await self._work.wait()
            return
        quiet = self._loop.call_later(QUIET_SECONDS, self._work.set)  # a fraction of what a time-out costs
        await self._work.wait()
        quiet.cancel()
        if not (self._queue or self._is_behind or self._stopping.is_set()):
            await self._index()

    async def _index_overdue(self) -> None:
        if self.clock() - self._indexed_at > OVERDUE:
            await self._index()

    async def _index(self) -> None:
        self._indexed_at = self.clock()
        try:
            with self._watch():
                self.counters.unindexed = await self.store.index(INDEXED)
        except StoreError as error:
            log.warning("the full-text index can't be brought up to date: %s", error)
            self.counters.unindexed = 0

    async def _write(self) -> None:
        try:
            with self._watch():
                committed = await self._writer.step(self._queue)
        except StoreError as error:
            if error.refused:  # one of them is at fault; from the spool they go in one by one
                self._spill(self._writer.unwritten())
            else:
                self._fail(str(error))
            return
        for ticket in committed:
            self._queue.settle(ticket)
        self._count(len(committed))

    @contextmanager
    def _watch(self) -> Iterator[None]:
        """Nobody may have to wait for what takes longer than ``commit_seconds``, such as to be told a place."""
        timer = asyncio.get_running_loop().call_later(self.commit_seconds, self._stall)
        try:
            yield
        finally:
            timer.cancel()

    def _count(self, entries: int) -> None:
        self.counters.batches += 1
        self.counters.entries += entries
        self.counters.unindexed += 1
        self._progress.set()

    # When the store can't

    def _fail(self, reason: str) -> None:
        if not self.counters.failing:
            log.error("the store takes no records: %s. They go to the spool.", reason)
        self.counters.failing = reason
        self._withdraw()

    def _stall(self) -> None:
        if not self._waits_in_spool:
            log.warning("a commit takes longer than %s s; its records go to the spool", self.commit_seconds)
        self._withdraw()

    def _withdraw(self) -> None:
        """Put all that waits into the spool, in order; what comes from now on goes behind it.

        A transaction that is under way may still be committed; to write its records once more changes nothing.
        """
        self.counters.stalled = True
        self._spill([*self._writer.unwritten(), *self._queue.clear()])

    def _spill(self, tickets: Sequence[Ticket]) -> None:
        """Put entries into the spool; what doesn't fit is lost, and counted."""
        pending = [ticket for ticket in tickets if not ticket.safe]
        if not pending:
            return
        kept = self._spooled([self._writer.addressed(ticket.entry) for ticket in pending])
        for at, ticket in enumerate(pending):
            self._queue.settle(ticket, lost=at >= kept)
        self._work.set()
        self._progress.set()
        if kept < len(pending):
            ended = sum(isinstance(ticket.entry, Answer) for ticket in pending[kept:])
            self._lose(ended, LOST)

    def _spooled(self, entries: Sequence[Entry]) -> int:
        """How many of the entries, from the first on, are in the spool."""
        try:
            if self.spool.append(entries):
                return len(entries)
            return next((at for at, entry in enumerate(entries) if not self.spool.append([entry])), len(entries))
        except OSError as error:
            log.error("the spool takes no records: %s", error)  # noqa: TRY400 (a full disk needs no traceback)
            return 0

    def _lose(self, exchanges: int, why: str) -> None:
        """Count a gap. A request that is lost counts when it ends, with its reply."""
        self.counters.lost += exchanges
        self.counters.unsaved_losses += exchanges
        self.forget()
        self._work.set()
        if exchanges:
            log.error("exchanges are lost (%s): %s", exchanges, why)

    # When it is back

    async def caught_up(self, seconds: float) -> bool:
        """Wait until nothing waits in the spool; whether that came to pass."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._is_behind:
                    self._progress.clear()
                    await self._progress.wait()
        return not self._is_behind

    async def drain_spool(self) -> None:
        """Bring what an earlier process left in the spool into the store; a failing store ends it."""
        while self.spool.pending and not self.counters.failing:
            await self._recover()

    async def _recover(self) -> None:
        """Replay a part of the spool; while the store fails, wait a moment before the next try."""
        if self.counters.failing:
            await self._pause()
        try:
            await self._replay_next()
            if not self.spool.pending:
                await self._report_losses()
        except StoreError as error:
            self._fail(str(error))
        except OSError as error:
            self._fail(f"the spool can't be read: {error}")
        else:
            self._succeed()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self.retry_seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _succeed(self) -> None:
        if self.counters.failing:
            log.warning("the store takes records again")
        self.counters.failing = ""

    async def _replay_next(self) -> None:
        entries = self.spool.take(BATCH)
        if len(entries) < BATCH and not self.counters.failing:
            # These are all: what comes from now on may wait in the queue until they are written.
            self.counters.stalled = False
        damaged = self.spool.damaged
        with self._watch():
            await self._replay(entries)
        self.spool.forget(len(entries))
        if self.spool.damaged > damaged:
            self._lose(self.spool.damaged - damaged, "a part of the spool can't be read")

    async def _replay(self, entries: Sequence[Entry]) -> None:
        """Write entries. One that the store refuses is left out, so that it isn't in the way of those behind it."""
        try:
            await self._written(entries)
        except StoreError as error:
            if not error.refused:
                raise
            if len(entries) == 1:
                log.exception("a record is refused for good")
                self._lose(1, str(error))
                return
            for entry in entries:
                await self._replay([entry])

    async def _written(self, entries: Sequence[Entry]) -> None:
        queue = Queue()
        for entry in entries:
            queue.put(Ticket(entry))
        writer = Writer(self.store, self._writer.standings)
        while queue:
            self._count(len(await writer.step(queue)))

    async def _report_losses(self) -> None:
        lost = self.counters.unsaved_losses
        if lost:
            with self._watch():
                await self.store.write([self._losses()])
            self.counters.unsaved_losses -= lost

    def _losses(self) -> Lost:
        return Lost(at=self.clock(), exchanges=self.counters.unsaved_losses, reason=LOST)
