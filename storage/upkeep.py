"""What a store can do beside its daily work: give itself away and take itself back, prove what it holds, mend itself.

The values are the same whatever the backend: rows name each other by ids, digests and hashes, never by row numbers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from storage.values import Value

Scalar = str | int | bytes | None


class Entry(Value, frozen=True):
    """One row of a store, whole, under the name of its table."""

    table: str
    fields: dict[str, Scalar]


class Scope(Value, frozen=True):
    """Which part of a store: one session, an owner's sessions, or all of it."""

    session: bytes = b""
    owner: bytes = b""


class Proof(Value, frozen=True):
    """What the bytes of an exchange are known by: hashes, empty where the bytes are not to be rebuilt.

    ``request`` is the hash of path and body, ``forwarded`` that of the body that went on for it; ``answered`` says
    that an answer was kept, be it only reassembled.
    """

    row: int
    exchange: bytes
    session: bytes
    path: str
    request: bytes
    forwarded: bytes
    reply: bytes
    answered: bool


class Take(Value, frozen=True):
    """A recorded exchange as it can be played again. ``tip`` is the last message of its request.

    ``answers`` are the bodies of the answers, ``said`` the texts of a reply that is no message, ``error`` the body of
    an error, ``reply_id`` the reply's own id.
    """

    exchange: bytes
    path: str
    dialect: str
    model: str
    stream: bool
    status: int
    body_hash: bytes
    tip: int
    at: int
    first_byte_at: int
    ended_at: int
    answered_by: str = ""
    finish_reason: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_written_tokens: int | None = None
    reply_id: str = ""
    error: bytes = b""
    said: tuple[str, ...] = ()
    answers: tuple[bytes, ...] = ()


class Mark(Value, frozen=True):
    """How far a follower has read: the last rows it saw, and the exchanges that were still open then."""

    place: int = 0
    call: int = 0
    exchange: int = 0
    posted: int = 0
    open: tuple[int, ...] = ()


class News(Value, frozen=True):
    """Something that was just recorded: a ``message``, a ``tool_call``, an ``error`` or a ``decision``."""

    kind: str
    at: int
    session: bytes
    exchange: bytes
    role: str = ""
    text: str = ""
    name: str = ""
    model: str = ""
    code: str = ""
    rationale: str = ""


class Repaired(Value, frozen=True):
    """What was mended: sessions whose counters were wrong, and messages that were indexed anew."""

    sessions: int
    messages: int


class Upkeep(Protocol):
    """What is asked of a store by the commands and pages that export, import, verify, replay and repair."""

    def archive(self, scope: Scope) -> AsyncIterator[Sequence[Entry]]:
        """The rows of a part of the store, as it was at one moment, each after those that it names."""
        ...

    async def restore(self, entries: Sequence[Entry]) -> Sequence[int]:
        """Take rows in, in one transaction; what is there already stays. Gives the positions of those that name
        something which isn't there."""
        ...

    async def proofs(self, after: int, limit: int, session: bytes | None = None) -> Sequence[Proof]:
        """The ended exchanges after a row, in their order."""
        ...

    async def lacks_media(self, exchange: bytes) -> tuple[bool, bool]:
        """Whether a request and its reply could be rebuilt, were it not for media that was never kept."""
        ...

    async def takes(self, session: bytes) -> Sequence[Take]:
        """A session's answered exchanges, in their order."""
        ...

    async def take(self, exchange: bytes) -> Take | None:
        """One exchange; None if it has not ended, or isn't one that can be read."""
        ...

    async def mark(self) -> Mark:
        """How far the store has come by now."""
        ...

    async def news(self, mark: Mark) -> tuple[Sequence[News], Mark]:
        """What came after a mark, and the mark after it."""
        ...

    async def repair(self) -> Repaired:
        """Make the full-text index and the sessions' counters anew from what they are made of."""
        ...

    async def backup(self, path: str) -> int:
        """Copy the whole store into a new file, while it is in use; the size of the copy."""
        ...
