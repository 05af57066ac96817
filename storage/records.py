"""Rows as frozen values: what is written, what is looked up, what is read.

They hold bytes, text and integers only, so that each can go through the spool as MessagePack and come back equal. Times
are microseconds since 1970 in UTC, money is nano-dollars, ids are the 16 bytes of a UUIDv7; all are made by the caller.
"""

from __future__ import annotations

import msgspec

from storage.values import Value
from storage.views import (
    CallRow,
    CompactedRow,
    ExchangeRow,
    Expanded,
    Health,
    MessageRow,
    ModelTotals,
    Orphan,
    PlanRow,
    SegmentRow,
    SessionRow,
    Totals,
)

__all__ = [
    "Attempt",
    "Blob",
    "Call",
    "CallRow",
    "Checkpointed",
    "Closed",
    "ClosingRecord",
    "CompactedRow",
    "ExchangeRow",
    "Expanded",
    "Found",
    "Health",
    "Held",
    "Link",
    "Lookup",
    "Lost",
    "MessageRow",
    "Missed",
    "ModelTotals",
    "NewSession",
    "Opened",
    "Orphan",
    "PlanRow",
    "Planned",
    "Posted",
    "Prompt",
    "Record",
    "SegmentRecord",
    "SegmentRow",
    "SessionRow",
    "Stand",
    "Totals",
    "Value",
]


class Blob(Value, frozen=True):
    """Content that many exchanges share, by its hash: tools, system prompts, the bytes around messages, raw frames."""

    hash: bytes
    kind: str
    data: bytes


class Link(Value, frozen=True):
    """One message in a request's list or a reply.

    ``digest`` names it and all before it; it is empty for a system message, which stands outside the chain, and for a
    message whose place isn't known, which is sought among those before the base by its ``lone`` digest or kept with its
    list. ``body`` has holes (``storage.holes``) where content was that is kept by itself. ``separator`` is what stood
    before it in its list, ``blob`` the hash under which a system message's bytes are kept. A tool's result answers the
    call ``call_id``, or that of the function ``called``, where there are no ids.
    """

    role: str
    body: bytes
    digest: bytes = b""
    parent: bytes = b""
    text: str = ""
    tokens: int = 0
    lone: bytes = b""
    separator: bytes = b""
    blob: bytes = b""
    call_id: str = ""
    failed: bool = False
    called: str = ""


class Prompt(Value, frozen=True):
    """A messages list as a client sent it: the list ``parent`` with this request's ``links`` after it.

    ``stops`` are lists on the way from one to the other that later ones may go on from: each with its digest, and how
    many of the links are in it.
    """

    digest: bytes
    parent: bytes = b""
    stops: tuple[tuple[bytes, int], ...] = ()


class NewSession(Value, frozen=True):
    """A session to be made. ``name`` is the client's own key for it, unique to its owner."""

    name: str | None = None
    parent: str | None = None
    title: str = ""
    tags: tuple[str, ...] = ()
    meta: dict[str, str] = msgspec.field(default_factory=dict)
    system: bytes = b""


class Opened(Value, frozen=True, tag="opened"):
    """A request, placed: what is new in it, and where it belongs. ``session`` is empty for one that belongs nowhere.

    ``base`` is the stored digest that it continues from, ``tip`` the digest of its last message. ``asked`` is the text
    of a request that is no conversation.
    """

    id: bytes
    owner: bytes
    run: bytes
    at: int
    method: str
    path: str
    match: str = ""
    session: bytes = b""
    new: NewSession | None = None
    dialect: str = ""
    provider: str = ""
    model: str = ""
    stream: bool = False
    user_agent: str = ""
    body_hash: bytes = b""
    body_bytes: int = 0
    parsed: bool = False
    retry_of: bytes = b""
    links: tuple[Link, ...] = ()
    base: bytes = b""
    tip: bytes = b""
    prompt: Prompt | None = None
    blobs: tuple[Blob, ...] = ()
    residue: bytes = b""
    tools: bytes = b""
    system: bytes = b""
    asked: str = ""


class Call(Value, frozen=True):
    """A tool call that an assistant made in a reply."""

    id: str
    name: str
    arguments: str
    message: bytes


class Checkpointed(Value, frozen=True, tag="checkpointed"):
    """A running stream's bytes since the checkpoint before, decoded."""

    exchange: bytes
    number: int
    data: bytes


class Attempt(Value, frozen=True):
    """One try at the upstream."""

    number: int
    provider: str
    started_at: int
    ended_at: int
    status: int = 0
    error: str = ""


class SegmentRecord(Value, frozen=True):
    """A closed run of a history with its summary; ``data`` is all of it, named by its ``hash``.

    It holds the messages ``start`` up to ``end`` of a list that has ``digest`` at its end, ``parent`` at its start.
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
    data: bytes = b""


class ClosingRecord(Value, frozen=True):
    """What stands in place of the history up to ``digest`` for those who forward up to ``threshold`` tokens."""

    digest: bytes
    threshold: int
    data: bytes
    segments: tuple[SegmentRecord, ...] = ()


class Planned(Value, frozen=True):
    """What was forwarded in place of what was sent, in tokens and as the ``plan`` that leads from one to the other.

    In the plan, hashes stand for its ``texts``; ``closing`` is what it closed, if it did.
    """

    sent_tokens: int
    forwarded_tokens: int
    plan: bytes = b""
    texts: tuple[Blob, ...] = ()
    closing: ClosingRecord | None = None


class Closed(Value, frozen=True, tag="closed"):
    """How an exchange ended, and what was answered.

    ``landmarks`` are the digests by which a shortened history finds the answer, ``residue`` is the MessagePack list of
    the pieces that stood before, between and after the bodies of the ``replies``; where it has more pieces than those
    need, what stood between the others isn't kept. ``said`` are the texts of a reply that is no conversation.
    ``provider`` is who answered, where it isn't the one that the request was opened with, ``sent_model`` the model's
    name there, where it has another. ``handle`` is the id by which the upstream holds the reply, ``reply_id`` that of
    another reply whose bytes aren't kept; ``late`` the end of an earlier exchange whose answer came only with this one;
    ``confidence`` is in millionths; ``reply_hash`` is that of the bytes which are to be rebuilt. ``planned`` is set
    where less was forwarded than was sent, ``forwarded_hash`` where the forwarded body was another than the client's,
    ``adds_usage`` where it asked for usage that the client didn't ask for, ``summary`` where a model was asked for the
    summary of a segment and gave one.
    """

    exchange: bytes
    at: int
    ending: str
    first_byte_at: int = 0
    status: int = 0
    model: str = ""
    finish_reason: str = ""
    upstream_id: str = ""
    reply_bytes: int = 0
    reply_hash: bytes = b""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_written_tokens: int | None = None
    usage_source: str = "unknown"
    cost: int | None = None
    error_type: str = ""
    error_code: str = ""
    error_message: str = ""
    error_body: bytes = b""
    malformed: bool = False
    replies: tuple[Link, ...] = ()
    calls: tuple[Call, ...] = ()
    residue: bytes = b""
    blobs: tuple[Blob, ...] = ()
    said: tuple[str, ...] = ()
    logprobs: bytes = b""
    raw: Blob | None = None
    landmarks: tuple[bytes, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    provider: str = ""
    sent_model: str = ""
    handle: str = ""
    late: Closed | None = None
    confidence: int | None = None
    planned: Planned | None = None
    reply_id: str = ""
    forwarded_hash: bytes = b""
    adds_usage: bool = False
    summary: SegmentRecord | None = None


class Lost(Value, frozen=True, tag="lost"):
    """Exchanges that could be neither stored nor spooled."""

    at: int
    exchanges: int
    reason: str


class Posted(Value, frozen=True, tag="posted"):
    """An entry of a session's log that didn't come over the wire: a ``tool_call``, an ``error`` or a ``decision``.

    ``arguments`` and ``result`` are JSON, the former also the context of an error; ``confidence`` is in millionths.
    """

    id: bytes
    session: bytes
    at: int
    kind: str
    source: str
    text: str = ""
    name: str = ""
    rationale: str = ""
    arguments: str = ""
    result: str = ""
    ok: bool | None = None
    confidence: int | None = None


Record = Opened | Checkpointed | Closed | Lost | Posted


class Lookup(Value, frozen=True):
    """What threading asks: ``anchor`` is the digest at the request's last assistant message, ``next`` the one after it.

    From the latest on, ``prefixes`` are the digests at earlier ones, ``calls`` the landmarks of its answers, ``pair``
    and ``pairs`` those with what each answers. ``said`` is the text of the answer at the anchor, ``behind`` the digest
    before it. ``handle`` names the reply that it follows or asks for; ``follows`` says that it goes on from where the
    named session is.
    """

    owner: bytes
    body_hash: bytes = b""
    name: str = ""
    weak: str = ""
    anchor: bytes = b""
    next: bytes = b""
    pair: bytes = b""
    prefixes: tuple[bytes, ...] = ()
    calls: tuple[bytes, ...] = ()
    pairs: tuple[bytes, ...] = ()
    handle: str = ""
    follows: bool = False
    behind: bytes = b""
    said: str = ""


class Stand(Value, frozen=True):
    """A session at a digest, ``at``, to continue from; ``lone`` is that message's own, ``by`` what it was found by."""

    session: bytes
    at: bytes
    holds_next: bool = False
    continued: bool = False
    system: bytes = b""
    updated_at: int = 0
    lone: bytes = b""
    by: bytes = b""


class Missed(Value, frozen=True):
    """An earlier exchange with the same body which ended with no answer relayed."""

    exchange: bytes
    session: bytes
    tip: bytes


class Held(Value, frozen=True):
    """An exchange that is gone on from ``at``, its answer or else its last message: ``tip``, alone ``last``."""

    exchange: bytes
    session: bytes = b""
    at: bytes = b""
    tip: bytes = b""
    last: bytes = b""
    continued: bool = False
    answered: bool = False


class Found(Value, frozen=True):
    """What the store knows about a lookup; ``named`` and ``weak`` are session ids, empty where there is none. Others
    are sessions that stand at the digests asked for, under a name only that session."""

    named: bytes = b""
    weak: bytes = b""
    missed: Missed | None = None
    anchored: tuple[Stand, ...] = ()
    called: tuple[Stand, ...] = ()
    paired: tuple[Stand, ...] = ()
    prefixed: tuple[Stand, ...] = ()
    held: Held | None = None
