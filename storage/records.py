"""Rows as frozen values: what is written, what is looked up, what is read.

They hold bytes, text and integers only, so that each can go through the spool as MessagePack and come back equal. Times
are microseconds since 1970 in UTC, money is nano-dollars, ids are the 16 bytes of a UUIDv7; all are made by the caller.
"""

from __future__ import annotations

import msgspec


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """The base of all records."""


class Blob(Value, frozen=True):
    """Content that many exchanges share, by its hash: tools, system prompts, the bytes around messages, raw frames."""

    hash: bytes
    kind: str
    data: bytes


class Link(Value, frozen=True):
    """One message in a request's list or a reply.

    ``digest`` names it and all before it; it is empty for a system message, which stands outside the chain, and for a
    message whose place isn't known, which is sought among those before the base by its ``lone`` digest or kept with its
    list. ``separator`` is what stood before it in its list, ``blob`` the hash under which a system message's bytes are
    kept.
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


class Prompt(Value, frozen=True):
    """A messages list as a client sent it: the list ``parent`` with this request's ``links`` after it."""

    digest: bytes
    parent: bytes = b""


class NewSession(Value, frozen=True):
    """A session to be made. ``name`` is the client's own key for it, unique to its owner."""

    name: str | None = None
    parent: str | None = None
    title: str = ""
    tags: tuple[str, ...] = ()
    meta: dict[str, str] = {}
    system: bytes = b""


class Opened(Value, frozen=True, tag="opened"):
    """A request, placed: what is new in it, and where it belongs. ``session`` is empty for one that belongs nowhere.

    ``base`` is the stored digest that it continues from, ``tip`` the digest of its last message.
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


class Closed(Value, frozen=True, tag="closed"):
    """How an exchange ended, and what was answered.

    ``landmarks`` are the digests by which a shortened history finds the answer, ``residue`` is the MessagePack list of
    the pieces that stood before, between and after the bodies of the ``replies``. ``provider`` is who answered, where
    it isn't the one that the request was opened with, ``sent_model`` the model's name there, where it has another.
    ``handle`` is the id by which the upstream holds the reply; ``late`` the end of an earlier exchange whose answer
    came only with this one.
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
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
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
    logprobs: bytes = b""
    raw: Blob | None = None
    landmarks: tuple[bytes, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    provider: str = ""
    sent_model: str = ""
    handle: str = ""
    late: Closed | None = None


class Lost(Value, frozen=True, tag="lost"):
    """Exchanges that could be neither stored nor spooled."""

    at: int
    exchanges: int
    reason: str


Record = Opened | Checkpointed | Closed | Lost


class Lookup(Value, frozen=True):
    """What threading asks: ``anchor`` is the digest at the request's last assistant message, ``next`` the one after it.

    From the latest on, ``prefixes`` are the digests at earlier ones, ``calls`` the landmarks of its answers, ``pair``
    and ``pairs`` those with what each answers. ``handle`` names the reply that it follows or asks for; ``follows``
    says that it goes on from where the named session is.
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


class MessageRow(Value, frozen=True):
    """A message in a session's tree; ``parent`` is the message before it, 0 at a root. Rows come as they arrived."""

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
    """One request with its reply."""

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


class Hit(Value, frozen=True):
    """A message that a search found; ``session`` is the latest that holds it, ``sessions`` how many do."""

    message: int
    session: bytes
    sessions: int
    role: str
    text: str
    at: int


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
