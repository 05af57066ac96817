"""What a store gives page by page, and what may be changed of what it holds.

A page ends with the place where the next one begins. Rows that arrive in between neither push others onto the next page
nor off it: a place is a row, never a count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from storage.records import NewSession
from storage.values import Value
from storage.views import ExchangeRow, SessionRow

T = TypeVar("T")


class Slice(Value, Generic[T], frozen=True):
    """Some rows, and where the next ones begin; ``next`` is empty where there are none."""

    rows: tuple[T, ...] = ()
    next: tuple[int, ...] = ()


class SessionFilter(Value, frozen=True):
    """Which sessions: ``q`` stands in title, name, tags or metadata, ``since`` and ``until`` bound their activity."""

    owner: bytes | None = None
    q: str = ""
    model: str | None = None
    tag: str | None = None
    since: int = 0
    until: int | None = None
    errors: bool | None = None
    active: bool = False
    """By the latest activity rather than by their beginning. A session that goes on meanwhile may then be missed."""


class ExchangeFilter(Value, frozen=True):
    """Which exchanges, of all sessions or of one."""

    owner: bytes | None = None
    session: bytes | None = None
    model: str | None = None
    provider: str | None = None
    since: int = 0
    until: int | None = None
    errors: bool | None = None


class EventFilter(Value, frozen=True):
    """Which entries: those of one session in their order, or of all, newest first."""

    owner: bytes | None = None
    session: bytes | None = None
    type: str | None = None
    role: str | None = None


class EventRow(Value, frozen=True):
    """An entry of a session's log. ``row`` counts within its ``kind``; ``confidence`` is in millionths."""

    kind: str
    row: int
    id: bytes
    type: str
    at: int
    session: bytes
    exchange: bytes
    message: int
    source: str
    text: str
    name: str
    call_id: str
    arguments: str
    result: str
    rationale: str
    code: str
    ok: bool | None
    confidence: int | None


class Amendment(Value, frozen=True):
    """What is to be different about a session; None stays as it is, and so does a ``parent`` of None."""

    title: str | None = None
    tags: tuple[str, ...] | None = None
    meta: dict[str, str] | None = None
    parent: bytes | None = None


class Listings(Protocol):
    """Rows by pages. ``at`` is the ``next`` of the page before."""

    async def sessions(self, wanted: SessionFilter, at: Sequence[int], limit: int) -> Slice[SessionRow]:
        """Sessions, newest first."""
        ...

    async def exchanges(self, wanted: ExchangeFilter, at: Sequence[int], limit: int) -> Slice[ExchangeRow]:
        """Exchanges, newest first."""
        ...

    async def events(self, wanted: EventFilter, at: Sequence[int], limit: int) -> Slice[EventRow]:
        """Entries of one session's log in their order, or of all logs, newest first."""
        ...

    async def posted(self, session: bytes) -> Sequence[EventRow]:
        """What was posted to a session's log, in its order."""
        ...

    async def bodies(self, messages: Sequence[int]) -> Sequence[bytes]:
        """Messages as they were, images and all; empty for one that isn't there."""
        ...

    async def exchange(self, id: bytes, owner: bytes | None = None) -> ExchangeRow | None:
        """One exchange."""
        ...


class Edits(Protocol):
    """Changes by hand. Each is one transaction."""

    async def create(self, id: bytes, owner: bytes, at: int, new: NewSession) -> bool:
        """Make a session; False if its owner has one of that name."""
        ...

    async def amend(self, session: bytes, amendment: Amendment) -> bool:
        """Change what is said of a session; False if its new parent stands below it."""
        ...

    async def merge(self, into: bytes, session: bytes) -> None:
        """Put all that a session holds into another one of the same owner; the session itself is gone."""
        ...

    async def split(self, session: bytes, message: int, id: bytes) -> bool:
        """Move a message with all that follows it into a new session, which also holds what stands before it; False
        where nothing would be left, or the session holds no such message."""
        ...
