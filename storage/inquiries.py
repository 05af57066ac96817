"""What is asked of a store over many rows, and the answers: searches, statistics."""

from __future__ import annotations

from storage.values import Value


class Inquiry(Value, frozen=True):
    """What a search is for. ``order`` is ``newest`` or ``rank``; what is empty is no filter; ``until`` is no part."""

    query: str
    order: str = "newest"
    role: str = ""
    type: str = ""
    session: bytes = b""
    model: str = ""
    owner: bytes = b""
    since: int = 0
    until: int = 0
    limit: int = 20
    cursor: str = ""


class Hit(Value, frozen=True):
    """A text that a search found.

    ``session`` is the one asked for or the latest that holds it, ``sessions`` how many do, ``message`` is 0 where it is
    no message's, ``at`` when it was first recorded.
    """

    message: int
    session: bytes
    sessions: int
    role: str
    text: str
    at: int
    type: str = "message"
    exchange: bytes = b""
    model: str = ""
    score: float | None = None


class Hits(Value, frozen=True):
    """A page of what a search found; the cursor of the next one is empty where there is no more."""

    hits: tuple[Hit, ...] = ()
    cursor: str = ""


class Figures(Value, frozen=True):
    """What was asked and spent under one ``name``; times are microseconds, ``None`` where nothing was measured."""

    name: str
    requests: int = 0
    errors: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cost: int = 0
    unpriced: int = 0
    latency_p50: int | None = None
    latency_p95: int | None = None
    first_byte_p50: int | None = None
    first_byte_p95: int | None = None


class Statistics(Value, frozen=True):
    """Sums of a span of days, and the same by day, model, provider, owner and app."""

    totals: Figures
    days: tuple[Figures, ...] = ()
    models: tuple[Figures, ...] = ()
    providers: tuple[Figures, ...] = ()
    owners: tuple[Figures, ...] = ()
    apps: tuple[Figures, ...] = ()


class ToolRow(Value, frozen=True):
    """A tool call as a reflection looks at it; ``said`` is the result of one that failed."""

    name: str
    ok: bool | None
    called_at: int
    returned_at: int
    said: str = ""


class EntryRow(Value, frozen=True):
    """An exchange that has ended; ``question`` is empty unless its last message is the user's, ``confidence`` is in
    millionths.
    """

    id: bytes
    session: bytes
    at: int
    ended_at: int
    model: str
    status: int
    ending: str
    finish_reason: str
    error_type: str
    error_code: str
    error_message: str
    tokens: int
    cost: int | None
    confidence: int | None
    retry: int
    question: str
    answer: str
    tools: tuple[ToolRow, ...] = ()
