"""What is read from a store, as frozen values: sessions, messages, exchanges and sums.

Times are microseconds since 1970 in UTC, money is nano-dollars, ids are the 16 bytes of a UUIDv7.
"""

from __future__ import annotations

import msgspec

from storage.values import Value


class SessionRow(Value, frozen=True):
    """A session as it is listed."""

    id: bytes
    name: str | None
    parent: bytes
    title: str
    tags: tuple[str, ...]
    meta: dict[str, str]
    user_agent: str
    model: str
    created_at: int
    updated_at: int
    exchanges: int
    messages: int
    user_messages: int
    ai_messages: int
    tool_calls: int
    errors: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cost: int
    unpriced: int
    decisions: int = 0
    owner: bytes = b""


class MessageRow(Value, frozen=True):
    """A message in a session's tree; ``parent`` is the message before it, 0 at a root. Rows come as they arrived.

    In its ``body``, words stand for what is kept by itself: ``[image 640x480 png 12 KB #1a2b3c4d]``.
    """

    id: int
    parent: int
    role: str
    body: bytes
    text: str
    tokens: int
    relayed: bool
    exchange: bytes
    at: int
    ending: str = ""
    finish_reason: str = ""


class CallRow(Value, frozen=True):
    """A tool call with its result. ``ok`` is None while there is no result."""

    id: str
    name: str
    arguments: str
    message: int
    result: int
    ok: bool | None
    called_at: int
    returned_at: int


class ExchangeRow(Value, frozen=True):
    """One request with its reply. ``asked`` and ``said`` are the texts of one that is no conversation."""

    id: bytes
    session: bytes
    match: str
    at: int
    ended_at: int
    first_byte_at: int
    method: str
    path: str
    dialect: str
    provider: str
    model: str
    answered_by: str
    stream: bool
    parsed: bool
    status: int
    ending: str
    finish_reason: str
    upstream_id: str
    user_agent: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    cache_written_tokens: int | None
    usage_source: str
    cost: int | None
    error_type: str
    error_code: str
    error_message: str
    error_body: bytes
    retry_of: bytes
    tip: int
    answer: int
    system: bytes
    sent_model: str = ""
    attempts: int = 0
    asked: str = ""
    said: tuple[str, ...] = ()
    confidence: int | None = None


class SegmentRow(Value, frozen=True):
    """A closed run of a session's messages with its summary: those from ``start`` up to ``end`` of a list.

    ``digest`` names the list up to its end, ``parent`` up to its start; both are empty where the list begins.
    """

    hash: bytes
    digest: bytes
    parent: bytes
    start: int
    end: int
    level: int
    tokens: int
    text: str
    summarizer: str
    created_at: int


class Expanded(Value, frozen=True):
    """A segment, a session that holds it, and the messages that its summary stands for."""

    segment: SegmentRow
    session: bytes
    messages: tuple[MessageRow, ...]


class PlanRow(Value, frozen=True):
    """What was forwarded in place of what was sent; in the ``plan``, hashes stand for its ``texts``.

    Without a plan nothing was left out: the model had another name there, or usage was asked for.
    """

    plan: bytes
    sent_tokens: int
    forwarded_tokens: int
    dialect: str
    sent_model: str
    texts: dict[str, str] = msgspec.field(default_factory=dict)
    adds_usage: bool = False


class CompactedRow(Value, frozen=True):
    """What an exchange used of which less was forwarded than was sent.

    ``before`` is the prompt that its session's exchange before it would have had, with all that was sent. One that is
    itself a ``summary`` only cost something: a model was asked to write one.
    """

    exchange: bytes
    model: str
    provider: str
    sent_tokens: int
    forwarded_tokens: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cost: int | None
    before: int
    summary: bool = False


class ModelTotals(Value, frozen=True):
    """What one model was asked and cost."""

    model: str
    provider: str
    exchanges: int
    errors: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cost: int
    unpriced: int


class Totals(Value, frozen=True):
    """The store as a whole."""

    sessions: int
    exchanges: int
    messages: int
    tool_calls: int
    errors: int
    open: int
    lost: int
    first_at: int
    last_at: int
    models: tuple[ModelTotals, ...] = ()


class Health(Value, frozen=True):
    """What a look at the store itself found. ``faults`` is empty where it is sound."""

    version: int
    file_bytes: int
    free_bytes: int
    unindexed: int
    faults: tuple[str, ...] = ()


class Orphan(Value, frozen=True):
    """An exchange found open with nobody holding its process lock, with what was checkpointed of its reply."""

    exchange: bytes
    owner: bytes
    session: bytes
    at: int
    dialect: str
    model: str
    stream: bool
    tip: bytes
    lone: bytes
    data: bytes
