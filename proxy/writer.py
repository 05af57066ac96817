"""What waits for the store, and the one who brings it there: groups of entries, each group one transaction.

A request is looked up in one transaction and recorded in the next, so that what its answer depends on is committed
before. This module knows the order of entries; what to do when the store fails is the recorder's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

import msgspec

from proxy.drafts import Draft, Standing, finish, settle, standing_of
from proxy.spool import Answer, Entry
from proxy.threads import conflicts
from storage.ports import Store, StoreError
from storage.records import Checkpointed, Found, Opened, Record

BATCH = 256


@dataclass(slots=True, eq=False)
class Ticket:
    """An entry on its way: where it stands once placed, and whether it is safe (in the store, or in the spool)."""

    entry: Entry
    size: int
    safe: asyncio.Future[None]
    placed: asyncio.Future[Standing] | None = None
    queued: bool = False
    lost: bool = False

    def settle(self, *, lost: bool = False) -> None:
        """Nobody has to wait for it any more."""
        self.lost = lost
        if self.placed is not None and not self.placed.done():
            self.placed.cancel()
        if not self.safe.done():
            self.safe.set_result(None)


def ticket_of(entry: Entry, size: int = 0) -> Ticket:
    """A ticket of the running loop."""
    loop = asyncio.get_running_loop()
    placed = loop.create_future() if isinstance(entry, Draft) else None
    return Ticket(entry, size, loop.create_future(), placed)


@dataclass(slots=True)
class Queue:
    """Tickets in their order; ``bytes`` counts those that were put here and aren't settled, wherever they are now."""

    bytes: int = 0
    _tickets: deque[Ticket] = field(default_factory=deque)

    def __len__(self) -> int:
        return len(self._tickets)

    def put(self, ticket: Ticket) -> None:
        """Put a ticket at the end."""
        self._tickets.append(ticket)
        self.bytes += ticket.size
        ticket.queued = True

    def settle(self, ticket: Ticket, *, lost: bool = False) -> None:
        """A ticket is through, one way or the other."""
        self.bytes -= ticket.size if ticket.queued else 0
        ticket.queued = False
        ticket.settle(lost=lost)

    def clear(self) -> list[Ticket]:
        """Give up all that wait."""
        tickets = list(self._tickets)
        self._tickets.clear()
        return tickets

    def take(self) -> tuple[list[Ticket], list[Ticket]]:
        """The next drafts to look up and records to write. What must wait for its turn stays here, in order."""
        turn = _Turn()
        later = []
        for _ in range(min(len(self._tickets), BATCH)):
            ticket = self._tickets.popleft()
            if not turn.admits(ticket):
                later.append(ticket)
        self._tickets.extendleft(reversed(later))
        return turn.drafts, turn.records


@dataclass(slots=True)
class _Turn:
    """What goes together into one transaction: nothing in it may depend on what isn't placed yet."""

    drafts: list[Ticket] = field(default_factory=list)
    records: list[Ticket] = field(default_factory=list)
    _busy: set[bytes] = field(default_factory=set)
    _opening: dict[bytes, bytes] = field(default_factory=dict)
    _answered: set[bytes] = field(default_factory=set)

    def admits(self, ticket: Ticket) -> bool:
        """Whether the ticket goes along."""
        ready = self._is_ready(ticket.entry)
        if ready:
            (self.drafts if isinstance(ticket.entry, Draft) else self.records).append(ticket)
        return ready

    def _is_ready(self, entry: Entry) -> bool:
        match entry:
            case Draft():
                return self._is_free(entry)
            case Answer(closed):
                return self._is_open(closed.exchange)
            case Checkpointed(exchange):
                return exchange not in self._opening
        return True

    def _is_free(self, draft: Draft) -> bool:
        """A request waits for those that it conflicts with, and for answers of its owner that wait themselves."""
        owner = draft.opened.owner
        keys = conflicts(draft.lookup)
        free = not keys & self._busy and owner not in self._answered
        self._busy |= keys
        self._opening[draft.opened.id] = owner
        return free

    def _is_open(self, exchange: bytes) -> bool:
        """An answer waits for its request; what comes after it may go on from it."""
        owner = self._opening.get(exchange)
        if owner is not None:
            self._answered.add(owner)
        return owner is None


@dataclass(slots=True)
class Writer:
    """Brings a queue into the store, one transaction a step."""

    store: Store
    standings: dict[bytes, Standing] = field(default_factory=dict)
    """Where the replies of open exchanges go."""
    _placed: list[Ticket] = field(default_factory=list)
    _flying: list[Ticket] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        """Whether nothing is half done."""
        return not self._placed

    async def step(self, queue: Queue) -> list[Ticket]:
        """Commit what is due and look up the next; the tickets that are committed. Raises ``StoreError``."""
        drafts, records = queue.take()
        batch = [*self._placed, *records]
        self._placed = []
        self._flying = [*batch, *drafts]
        try:
            await self._write(batch, drafts)
        except StoreError:
            raise
        except Exception as error:  # a fault of ours is one of an entry's, and must not stop the writer
            message = f"an entry can't be made a record: {error!r}"
            raise StoreError(message, refused=True) from error
        self._flying = []
        return batch

    async def _write(self, batch: list[Ticket], drafts: list[Ticket]) -> None:
        lookups = [ticket.entry.lookup for ticket in drafts if isinstance(ticket.entry, Draft)]
        found = await self.store.write([self._record(ticket.entry) for ticket in batch], lookups)
        for ticket in batch:
            if isinstance(ticket.entry, Answer):
                self.standings.pop(ticket.entry.closed.exchange, None)
        for ticket, answer in zip(drafts, found, strict=True):
            if not ticket.safe.done():  # else it went to the spool meanwhile, and is looked up again when it comes back
                self._place(ticket, answer)

    def _record(self, entry: Entry) -> Record:
        assert not isinstance(entry, Draft)  # noqa: S101 (drafts are placed first)
        match entry:
            case Answer(closed, messages):
                return finish(closed, messages, self._standing(entry) or Standing(b"", b"", b""))
            case Opened():
                self.standings.setdefault(entry.id, standing_of(entry))
        return entry

    def _standing(self, answer: Answer) -> Standing | None:
        return answer.standing or self.standings.get(answer.closed.exchange)

    def _place(self, ticket: Ticket, found: Found) -> None:
        assert isinstance(ticket.entry, Draft)  # noqa: S101 (only drafts are looked up)
        ticket.entry, standing = settle(ticket.entry, found)
        self.standings[ticket.entry.id] = standing
        self._placed.append(ticket)
        if ticket.placed is not None and not ticket.placed.done():
            ticket.placed.set_result(standing)

    def addressed(self, entry: Entry) -> Entry:
        """The entry as another process can write it: an answer with its place, if that is known."""
        if isinstance(entry, Answer):
            return msgspec.structs.replace(entry, standing=self._standing(entry))
        return entry

    def unwritten(self) -> list[Ticket]:
        """Give up what was taken from the queue and isn't known to be committed, in order."""
        tickets = [*self._flying, *self._placed]
        self._flying, self._placed = [], []
        return tickets
