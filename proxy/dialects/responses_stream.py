"""A streamed response, put together from its typed events.

The event that closes it brings the whole response, and that is taken where it has an answer. Until then, and where it
never comes, there are the items that were finished, and of the others what their deltas brought.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace

from proxy.dialects.envelope import find_error
from proxy.dialects.jsontext import REFUSALS, dump, load, object_of, text_of
from proxy.dialects.responses_reply import answer_of, read_response, reason_of
from proxy.messages import Reply, ReplyError

DONE = b"[DONE]"
_LAST = ("response.completed", "response.failed", "response.incomplete", "response.cancelled")
CLOSING = (DONE, *(b'{"type":' + space + b'"' + name.encode() + b'"' for name in _LAST for space in (b"", b" ")))

_ABSENT = msgspec.Raw()
# Where the text goes that an event brings: the item's type, its member, and the type of the part in it if it is a list.
_TARGETS = {
    "output_text": ("message", "content", "output_text"),
    "refusal": ("message", "content", "refusal"),
    "reasoning_text": ("reasoning", "content", "reasoning_text"),
    "reasoning_summary_text": ("reasoning", "summary", "summary_text"),
    "function_call_arguments": ("function_call", "arguments", ""),
    "custom_tool_call_input": ("custom_tool_call", "input", ""),
    "mcp_call_arguments": ("mcp_call", "arguments", ""),
    "code_interpreter_call_code": ("code_interpreter_call", "code", ""),
}
_WHOLES = ("text", "refusal", "arguments", "input", "code")


class _Event(msgspec.Struct):
    type: str
    output_index: int | None = None
    item_id: str | None = None
    content_index: int | None = None
    summary_index: int | None = None
    delta: Any = None
    text: Any = None
    refusal: Any = None
    arguments: Any = None
    input: Any = None
    code: Any = None
    message: Any = None
    error: Any = None
    item: msgspec.Raw = _ABSENT
    response: msgspec.Raw = _ABSENT

    @property
    def place(self) -> int:
        """Which part of its item it belongs to."""
        return self.content_index or self.summary_index or 0

    @property
    def whole(self) -> str | None:
        """The text that ends a row of deltas."""
        found = (getattr(self, name) for name in _WHOLES)
        return next((text for text in found if isinstance(text, str)), None)


_EVENT = msgspec.json.Decoder(_Event)
_RAWS = ("item", "response")


class _Head(msgspec.Struct):
    id: str | None = None
    model: str | None = None


class ResponsesAssembler:
    """Takes the payloads of a stream's events. Bytes that make no sense are passed over, and the reply says so."""

    __slots__ = ("_closed", "_drafts", "_error", "_head", "_last", "_malformed", "_names", "_reason", "_whole")

    def __init__(self) -> None:
        self._head = _Head()
        self._drafts: dict[int, _Draft] = {}
        self._names: dict[str, int] = {}
        self._last = 0
        self._reason = ""
        self._whole: Reply | None = None
        self._error: ReplyError | None = None
        self._closed = self._malformed = False

    def feed(self, data: bytes) -> bool:
        """Take one event's payload; whether it is the one that closes the stream. What comes after it is no part."""
        if self._closed:
            return False
        if data.startswith(DONE):
            self._closed = True
            return True
        try:
            self._take(_event(data))
        except (ValueError, RecursionError):
            self._malformed = self._malformed or bool(data.strip())
        return self._closed

    def reply(self) -> Reply:
        """The reply so far."""
        whole = self._whole or Reply(id=text_of(self._head.id), handle=text_of(self._head.id))
        if whole.choices:
            return replace(whole, reassembled=True, malformed=self._malformed)
        items = [self._drafts[at].item() for at in sorted(self._drafts)]
        span = b",".join(filter(None, items))
        return replace(
            whole,
            model=whole.model or text_of(self._head.model),
            choices=(answer_of(span, self._reason),) if span else (),
            error=whole.error or self._error,
            complete=self._closed,
            malformed=self._malformed,
            reassembled=True,
        )

    def _take(self, event: _Event) -> None:
        _, _, kind = event.type.partition(".")
        subject, _, change = kind.rpartition(".")
        if event.type in _LAST:
            self._closed = True
            self._reason = reason_of(bytes(event.response))
            self._whole = read_response(bytes(event.response))
        elif subject in _TARGETS:
            self._draft(event).take(subject, change, event)
        elif subject == "output_item":
            self._take_item(change, event)
        elif event.type == "error" or event.error:
            self._error = self._error or _error(event)
        elif event.response:
            self._head = msgspec.json.decode(event.response, type=_Head)

    def _take_item(self, change: str, event: _Event) -> None:
        raw = bytes(event.item)
        if event.output_index is None and change == "added":
            self._last = len(self._drafts)
            event.output_index = self._last
        draft = self._draft(event, text_of(object_of(load(raw)).get("id")))
        draft.begun = draft.begun or raw
        if change == "done":
            draft.done = raw

    def _draft(self, event: _Event, name: str = "") -> _Draft:
        """The item that an event belongs to: by its place, by its name, else the latest."""
        name = name or text_of(event.item_id)
        at = self._names.get(name, self._last) if event.output_index is None else event.output_index
        self._last = at
        if name:
            self._names.setdefault(name, at)
        return self._drafts.setdefault(at, _Draft())


@dataclass(slots=True)
class _Draft:
    """One item, growing."""

    begun: bytes = b""
    done: bytes = b""
    texts: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    def take(self, subject: str, change: str, event: _Event) -> None:
        """Add what a delta brings; the whole of a text stands for all of its deltas."""
        if change == "delta" and isinstance(event.delta, str):
            self.texts.setdefault((subject, event.place), []).append(event.delta)
        elif change == "done" and event.whole is not None:
            self.texts[subject, event.place] = [event.whole]

    def item(self) -> bytes:
        """The item as it was sent in one piece, or else what came of it."""
        if self.done or not self.texts:
            return self.done or self.begun
        value = object_of(load(self.begun)) if self.begun else {}
        for (subject, place), pieces in sorted(self.texts.items(), key=lambda told: told[0][1]):
            kind, member, part = _TARGETS[subject]
            value.setdefault("type", kind)
            text = "".join(pieces)
            if not part:
                value[member] = text
                continue
            self._put(value, (member, part, place), text)
        if value["type"] == "message":
            value.setdefault("role", "assistant")
        return dump(value)

    @staticmethod
    def _put(value: dict[str, Any], where: tuple[str, str, int], text: str) -> None:
        member, part, place = where
        held = value.get(member)
        listed = held if isinstance(held, list) else []
        told = {"type": part, "refusal" if part == "refusal" else "text": text}
        value[member] = [*listed[:place], told, *listed[place + 1 :]]


def _event(data: bytes) -> _Event:
    try:
        return _EVENT.decode(data)
    except REFUSALS:
        value = load(data)
    if not isinstance(value, dict):
        message = "an event is no object"
        raise ValueError(message)  # noqa: TRY004 (what can't be read is one kind of error)
    raws = {name: msgspec.Raw(dump(value[name])) for name in _RAWS if isinstance(value.get(name), dict)}
    return msgspec.convert({**value, **raws}, _Event)


def _error(event: _Event) -> ReplyError | None:
    given = event.error or {"message": event.message, "code": event.code}
    return find_error({"error": given})
