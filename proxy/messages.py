"""The values that every room passes on: what was asked, what was answered.

Frozen and dialect-neutral, and never part of a cycle: the collector needn't look at them. This module knows no JSON
layout, no setting and no clock; dialects make these values from bytes.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """Who speaks. ``developer`` counts as ``system``, ``function`` as ``tool``, an unknown role as ``other``."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    OTHER = "other"


class Part(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One piece of a message's content: ``text`` is what a person would read, ``key`` the hash of binary content.

    ``data`` is that content where the message was just read and holds it, ``media_type`` what it says it is; neither
    makes another part of it.
    """

    kind: str
    text: str = ""
    key: str = ""
    media_type: str = ""
    data: bytes = b""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Part) and self._told == other._told

    def __hash__(self) -> int:
        return hash(self._told)

    def __repr__(self) -> str:
        return f"Part{self._told}"

    @property
    def _told(self) -> tuple[str, str, str]:
        return self.kind, self.text, self.key


class ToolCall(msgspec.Struct, frozen=True, gc=False):
    """A call that an assistant made. ``arguments`` is the wire's text, whether or not it is JSON."""

    id: str
    name: str
    arguments: str


class Message(msgspec.Struct, frozen=True, gc=False):
    """One element of the wire's messages list, read. Its verbatim bytes travel beside it."""

    role: Role
    parts: tuple[Part, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    name: str = ""
    reasoning: str = ""
    refusal: str = ""
    items: tuple[str, ...] = ()
    """The ids by which the upstream knows its pieces, where it may be asked for them by these."""
    failed: bool | None = None
    """Whether a tool's result says so of itself; ``None`` where it has no field for it."""

    @property
    def text(self) -> str:
        """What a person would read of it, without reasoning and tool calls."""
        parts = self.parts
        return parts[0].text if len(parts) == 1 else "".join([part.text for part in parts])

    @property
    def is_plain(self) -> bool:
        """Whether it is one text and nothing else, as most are."""
        one = not self.parts or (len(self.parts) == 1 and self.parts[0].kind == "text")
        more = self.tool_calls or self.tool_call_id or self.name or self.reasoning or self.refusal
        return one and not more and self.role is not Role.OTHER


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Tokens of one exchange, and the nano-dollars that the upstream says it took. ``None`` is unknown, never zero.

    Of ``prompt``, ``cached`` came from the provider's cache and ``cache_written`` went into it, a part of that to be
    kept for longer, which has a price of its own.
    """

    prompt: int | None = None
    completion: int | None = None
    cached: int | None = None
    reasoning: int | None = None
    cost: int | None = None
    cache_written: int | None = None
    cache_kept: int | None = None


class Request(msgspec.Struct, frozen=True, gc=False):
    """A request body, read as far as recording and threading need it.

    ``raws`` are the verbatim bytes of the messages; ``separators[i]`` stands between ``raws[i]`` and ``raws[i + 1]``.
    ``tools`` and ``system`` are the verbatim values of what stands outside the list: the tools, and a system prompt
    that is no message. ``ids`` are the body's own session identifiers by field name (``metadata.session_id``, …).
    Where the upstream holds the history, ``previous`` is the handle of the reply that the messages follow, or
    ``follows`` says that they follow whatever the session came to.
    What is no conversation has all of its bytes ``before``, what it asks as ``text``, and how many ``tokens`` it gives
    as numbers instead.
    """

    model: str
    stream: bool
    raws: tuple[bytes, ...]
    before: bytes
    after: bytes
    separators: tuple[bytes, ...]
    tools: bytes | None = None
    system: bytes | None = None
    asks_usage: bool = False
    ids: dict[str, str] = msgspec.field(default_factory=dict)
    previous: str = ""
    follows: bool = False
    text: str = ""
    tokens: int = 0


class Choice(msgspec.Struct, frozen=True, gc=False):
    """One answer of a reply: the message, its bytes (verbatim, or reassembled from a stream) and why it ended."""

    index: int
    message: Message
    body: bytes
    finish_reason: str | None = None


class ReplyError(msgspec.Struct, frozen=True, gc=False):
    """An error that came instead of an answer, or in the middle of one."""

    message: str
    type: str = ""
    code: str = ""


class Reply(msgspec.Struct, frozen=True, gc=False):
    """What the upstream's bytes amount to.

    ``complete`` says that the dialect's closing mark was seen (a plain body always has it); ``malformed`` that some
    bytes broke the grammar and were passed over. ``handle`` is the id by which a later request may name it, where the
    upstream holds it; ``pending`` says that it is still being made, to be fetched later. ``withheld`` are verbatim
    pieces of a plain body that nobody keeps.
    """

    id: str = ""
    model: str = ""
    choices: tuple[Choice, ...] = ()
    usage: Usage | None = None
    error: ReplyError | None = None
    complete: bool = False
    malformed: bool = False
    reassembled: bool = False
    logprobs: bytes | None = None
    handle: str = ""
    pending: bool = False
    withheld: tuple[bytes, ...] = ()
