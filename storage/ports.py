"""What proxy sees of a store.

Each backend is one class that fulfils ``Store``; the contract suite runs over all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from storage.browsing import Browsing
from storage.erasures import Erasures
from storage.inquiries import EntryRow, Hits, Inquiry, Statistics
from storage.listings import Edits, Listings
from storage.owners import Owners
from storage.records import (
    Attempt,
    CallRow,
    ClosingRecord,
    CompactedRow,
    ExchangeRow,
    Expanded,
    Found,
    Health,
    Lookup,
    MessageRow,
    Orphan,
    PlanRow,
    Record,
    SegmentRecord,
    SegmentRow,
    SessionRow,
    Totals,
)
from storage.upkeep import Upkeep


class StoreError(Exception):
    """The store can't do what it was asked: it is full, locked, broken, or not there. The sentence says which.

    ``refused`` says that the record itself is at fault, so that trying again is of no use.
    """

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


class BadCursor(StoreError):
    """The cursor is none that a page of this search ended with."""

    def __init__(self) -> None:
        super().__init__("the cursor is none that an earlier answer gave", refused=True)


class Question(Protocol):
    """A record that depends on what the store holds when its turn comes."""

    @property
    def lookup(self) -> Lookup | None:
        """What to look up; ``None`` if it depends on earlier entries alone."""
        ...

    def answered(self, found: Found) -> Record:
        """The record. Pure, may be called more than once, and on another thread."""
        ...


class Store(Protocol):
    """One store of recorded conversations. Every method may raise ``StoreError`` and nothing else."""

    async def probe(self) -> None:
        """Write something that changes nothing. Raises ``StoreError`` where nothing can be written."""

    async def write(self, entries: Sequence[Record | Question]) -> None:
        """Commit all entries in one transaction, in their order; a question is asked when all before it are written.

        Writing a record again changes nothing.
        """
        ...

    async def set_durable(self) -> None:
        """From now on a commit survives the loss of power."""
        ...

    async def hold(self, run: bytes) -> None:
        """Mark this process as alive under ``run`` until it ends, however it ends."""
        ...

    async def orphans(self) -> Sequence[Orphan]:
        """The open exchanges of processes that are gone."""
        ...

    async def index(self, limit: int) -> int:
        """Bring up to ``limit`` new messages into the full-text index; how many are still to come."""
        ...

    async def secret(self) -> bytes:
        """The store's own 32-byte key, made with the store; owners are hashed with it."""
        ...

    async def sessions(self, owner: bytes | None = None, limit: int = 50) -> Sequence[SessionRow]:
        """The sessions with the latest activity first."""
        ...

    async def session(self, key: str, owner: bytes | None = None) -> SessionRow | None:
        """The session of that id (36 or 32 digits, or at least 6 where they are unique), or of that client's name."""
        ...

    async def children(self, session: bytes) -> Sequence[SessionRow]:
        """The sessions below one, in the order in which they came."""
        ...

    async def messages(self, session: bytes) -> Sequence[MessageRow]:
        """The tree of a session, in the order in which its messages came."""
        ...

    async def calls(self, session: bytes) -> Sequence[CallRow]:
        """The tool calls of a session, in the order in which they were made."""
        ...

    async def exchanges(self, session: bytes | None = None, limit: int = 1000) -> Sequence[ExchangeRow]:
        """The exchanges of a session in their order, or the latest of the whole store, newest first."""
        ...

    async def issuer(self, owner: bytes, handle: str) -> str:
        """The provider whose reply the upstream holds under that handle; empty if none is known."""
        ...

    async def attempts(self, exchange: bytes) -> Sequence[Attempt]:
        """The tries at the upstream that an exchange took, in their order."""
        ...

    async def sent(self, exchange: bytes) -> bytes | None:
        """The request body as the client sent it, rebuilt; None where it is not known."""
        ...

    async def reply(self, exchange: bytes) -> bytes | None:
        """The body of a plain reply, or the frames of a stream where they were kept; else None."""
        ...

    async def closing(self, digests: Sequence[bytes], threshold: int) -> ClosingRecord | None:
        """What stands in place of a history up to the first of the digests that has such for that threshold."""
        ...

    async def summaries(self, digests: Sequence[bytes]) -> Sequence[SegmentRecord]:
        """The summaries that models wrote of runs which end at these digests, the latest of each first."""
        ...

    async def segments(self, session: bytes) -> Sequence[SegmentRow]:
        """The closed runs of a session's messages, as they were made."""
        ...

    async def expanded(self, segment: bytes, owner: bytes | None = None) -> Expanded | None:
        """A segment by its hash, with the messages that it stands for; None if the owner has none of that hash."""
        ...

    async def plan(self, exchange: bytes) -> PlanRow | None:
        """What was forwarded in place of a request's body; None where that went as it came."""
        ...

    async def compacted(
        self, session: bytes | None = None, owner: bytes | None = None, since: int = 0, until: int = 0
    ) -> Sequence[CompactedRow]:
        """The exchanges of which less was forwarded than was sent, and those that asked for summaries.

        Of a session, or of the whole store; of an owner, or of all; of a span of days as in ``statistics``.
        """
        ...

    async def system(self, hash: bytes) -> bytes | None:
        """A system prompt by its hash."""
        ...

    async def search(self, inquiry: Inquiry) -> Hits:
        """The texts in which every word of the query stands, be it within another; plain text. Raises ``BadCursor``."""
        ...

    async def word_counts(self, words: Sequence[str], owner: bytes | None = None) -> tuple[int, Sequence[int]]:
        """How many texts there are to be found, and how many hold each word or phrase; about, where they are many."""
        ...

    async def statistics(self, owner: bytes | None = None, since: int = 0, until: int = 0) -> Statistics:
        """Sums and series over the days from ``since`` to ``until``, both included; 0 is no bound."""
        ...

    async def entries(
        self, owner: bytes | None = None, limit: int = 30, since: int = 0, until: int = 0
    ) -> Sequence[EntryRow]:
        """The latest exchanges that ended, of a span of time, newest first; 0 is no bound."""
        ...

    @property
    def browsing(self) -> Browsing:
        """What pages ask of it."""
        ...

    @property
    def listings(self) -> Listings:
        """What is read page by page."""
        ...

    @property
    def edits(self) -> Edits:
        """What is changed by hand."""
        ...

    @property
    def owners(self) -> Owners:
        """Whose data it holds."""
        ...

    @property
    def erasures(self) -> Erasures:
        """What takes away for good what was recorded."""
        ...

    async def totals(self) -> Totals:
        """Sums over the whole store."""
        ...

    async def health(self) -> Health:
        """Check the store's integrity; slow."""
        ...

    @property
    def upkeep(self) -> Upkeep:
        """What is asked of it beside the daily work."""
        ...

    async def close(self) -> None:
        """End all connections; queued work is finished first."""
        ...
