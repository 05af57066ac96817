"""What pages ask of a store: a leaf of a list at a time, so that a look costs what is looked at, not what there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from storage.values import Value
from storage.views import CallRow, ExchangeRow, MessageRow, SessionRow


class Wanted(Value, frozen=True):
    """Which sessions: what is empty narrows nothing. ``before`` is where the leaf before ended."""

    owner: bytes | None = None
    model: str = ""
    app: str = ""
    tag: str = ""
    errors: bool = False
    since: int = 0
    until: int = 0
    before: tuple[int, int] | None = None
    limit: int = 50


class Leaf(Value, frozen=True):
    """Some sessions; ``further`` is where the next leaf begins, None where there is none."""

    rows: tuple[SessionRow, ...] = ()
    further: tuple[int, int] | None = None


class Twig(NamedTuple):
    """A message's place in its session's tree; ``parent`` is 0 at a root."""

    id: int
    parent: int


class Span(Value, frozen=True):
    """A segment's place: behind the message ``before`` (0 where the list begins), up to the message ``last``."""

    before: int
    last: int
    level: int
    tokens: int
    text: str
    summarizer: str
    at: int


class Running(Value, frozen=True):
    """An exchange that has not ended, with what is saved of its reply."""

    exchange: bytes
    at: int
    dialect: str
    model: str
    stream: bool
    tip: int
    data: bytes


class Size(Value, frozen=True):
    """How much a store holds; ``lost`` are exchanges that it could not be given."""

    version: int
    file_bytes: int
    free_bytes: int
    sessions: int
    unindexed: int
    lost: int


class Balance(Value, frozen=True):
    """What compaction saved and what broken caches lost, in tokens; there may be several of a day.

    Of the ``saved`` tokens and of those that were forwarded uncached, ``cacheable`` are what a cache could have held
    had all been forwarded; ``lost`` are those that it could have held and didn't, in ``misses`` exchanges.
    """

    day: str
    provider: str
    model: str
    compacted: int
    saved: int
    cacheable: int
    misses: int
    lost: int


class Browsing(Protocol):
    """A store's shelves. Every method may raise ``StoreError`` and nothing else."""

    async def sessions(self, wanted: Wanted) -> Leaf:
        """Sessions with the latest activity first."""
        ...

    async def changed_at(self) -> int:
        """When there was activity last; 0 where there never was."""
        ...

    async def outline(self, session: bytes) -> Sequence[Twig]:
        """All messages of a session with their parents, as they came."""
        ...

    async def spans(self, session: bytes) -> Sequence[Span]:
        """Where on a session's messages its segments stand, as they were made."""
        ...

    async def messages(self, session: bytes, ids: Sequence[int]) -> Sequence[MessageRow]:
        """Some messages of a session, as they came."""
        ...

    async def body(self, session: bytes, id: int) -> bytes | None:
        """A message of a session with everything that was cut out of it; None if a piece of that was not kept."""
        ...

    async def calls(self, session: bytes, ids: Sequence[int]) -> Sequence[CallRow]:
        """The tool calls that some messages made or answered."""
        ...

    async def exchanges(self, session: bytes, ids: Sequence[int]) -> Sequence[ExchangeRow]:
        """The exchanges of a session which end with one of these messages, or that one of them answered."""
        ...

    async def balances(self, owner: bytes | None, day: str) -> Sequence[Balance]:
        """What was saved and lost from a day on, by who was asked."""
        ...

    async def size(self) -> Size:
        """How much there is; quick."""
        ...

    async def running(self, session: bytes) -> Sequence[Running]:
        """The exchanges of a session that have not ended."""
        ...
