"""What waits for the store, and the one who brings it there: groups of entries, each group one transaction.

A request is looked up when all before it is written, and recorded in the same transaction: nothing can come between.
This module knows the order of entries; what to do when the store fails is the recorder's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from proxy.drafts import Draft, Standing, finish, settle, standing_of
from proxy.spool import Answer, Entry
from storage.ports import Question, Store, StoreError
from storage.records import Found, Lookup, Opened, Record

BATCH = 256
NOWHERE = Standing(b"", b"", b"")


@dataclass(slots=True, eq=False)
class Ticket:
    """An entry on its way: whether it is safe (in the store, or in the spool), and where it stands once it is."""

    entry: Entry
    size: int = 0
    safe: bool = False
    lost: bool = False
    standing: Standing | None = None
    """Where a request was placed; nothing while it waits in the spool."""
    queued: bool = False
    _told: asyncio.Future[None] | None = None

    async def settled(self) -> None:
        """Wait until nobody has to wait for it any more. One task at a time."""
        if not self.safe:
            # A future of its own: a task that is cancelled here takes nothing else with it.
            self._told = asyncio.get_running_loop().create_future()
            await self._told

    def settle(self, *, lost: bool = False) -> None:
        """Nobody has to wait for it any more."""
        self.lost = lost
        self.safe = True
        if self._told is not None and not self._told.done():
            self._told.set_result(None)


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

    def take(self) -> list[Ticket]:
        """The next group."""
        return [self._tickets.popleft() for _ in range(min(len(self._tickets), BATCH))]


class _Asking(msgspec.Struct, frozen=True):
    """A request, which is placed by what the store finds."""

    draft: Draft
    settled: Callable[[bytes, Standing], None]

    @property
    def lookup(self) -> Lookup:
        return self.draft.lookup

    def answered(self, found: Found) -> Record:
        opened, standing = settle(self.draft, found)
        self.settled(opened.id, standing)
        return opened


class _Answering(msgspec.Struct, frozen=True):
    """A reply, which goes where its request was placed."""

    answer: Answer
    standing: Callable[[Answer], Standing | None]

    @property
    def lookup(self) -> None:
        return None

    def answered(self, _: Found) -> Record:
        return finish(self.answer.closed, self.answer.messages, self.standing(self.answer) or NOWHERE)


@dataclass(slots=True)
class Writer:
    """Brings a queue into the store, one transaction a step."""

    store: Store
    standings: dict[bytes, Standing] = field(default_factory=dict)
    """Where the replies of open exchanges go."""
    _settled: dict[bytes, Standing] = field(default_factory=dict)
    _flying: list[Ticket] = field(default_factory=list)

    async def step(self, queue: Queue) -> list[Ticket]:
        """Commit the next group; its tickets. Raises ``StoreError``."""
        group = self._flying = queue.take()
        self._settled = {}
        try:
            await self.store.write([self._question(ticket.entry) for ticket in group])
        except StoreError:
            raise
        except Exception as error:  # a fault of ours is one of an entry's, and must not stop the writer
            message = f"an entry can't be made a record: {error!r}"
            raise StoreError(message, refused=True) from error
        self._flying = []
        for ticket in group:
            self._place(ticket)
        return group

    def _question(self, entry: Entry) -> Record | Question:
        match entry:
            case Draft():
                return _Asking(entry, self._settled.__setitem__)
            case Answer():
                return _Answering(entry, self._standing)
            case Opened():
                self._settled[entry.id] = standing_of(entry)
        return entry

    def _standing(self, answer: Answer) -> Standing | None:
        exchange = answer.closed.exchange
        return answer.standing or self._settled.get(exchange) or self.standings.get(exchange)

    def _place(self, ticket: Ticket) -> None:
        match ticket.entry:
            case Draft(opened) | (Opened() as opened):
                ticket.standing = self.standings[opened.id] = self._settled[opened.id]
            case Answer(closed):
                self.standings.pop(closed.exchange, None)

    def addressed(self, entry: Entry) -> Entry:
        """The entry as another process can write it: an answer with its place, if that is known."""
        if isinstance(entry, Answer):
            standing = entry.standing or self.standings.get(entry.closed.exchange)
            return msgspec.structs.replace(entry, standing=standing)
        return entry

    def unwritten(self) -> list[Ticket]:
        """Give up what was taken from the queue and isn't known to be committed, in order."""
        tickets, self._flying = self._flying, []
        return tickets
