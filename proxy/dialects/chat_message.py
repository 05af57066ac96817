"""One message of a chat completion, read. Takes any JSON and never raises; what is no text is named by its hash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from proxy.dialects.jsontext import REFUSALS, clean, dump, load, object_of, objects_in, text_of
from proxy.dialects.media import digest_of, part_of_base64, part_of_url
from proxy.messages import Message, Part, Role, ToolCall

_ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function": Role.TOOL,
}
_TEXTS = frozenset({"text", "input_text", "output_text"})


class _Spoken(msgspec.Struct):
    role: str


_SPOKEN = msgspec.json.Decoder(_Spoken)


def read_role(raw: bytes) -> Role:
    """Who speaks, without reading the rest."""
    try:
        return _ROLES.get(_SPOKEN.decode(raw).role, Role.OTHER)
    except REFUSALS:
        return read_message(raw).role


class _Plain(msgspec.Struct, forbid_unknown_fields=True):
    """A message that is all text, as most are."""

    role: str
    content: str | None = None
    refusal: None = None
    audio: None = None
    tool_calls: None = None
    function_call: None = None
    annotations: tuple[()] = ()


_PLAIN = msgspec.json.Decoder(_Plain)


def read_message(raw: bytes) -> Message:
    """The message; one that can't be read at all is an empty one of role ``other``."""
    try:
        plain = _PLAIN.decode(raw)
        parts = (Part("text", clean(plain.content)),) if plain.content else ()
        return Message(_ROLES.get(plain.role, Role.OTHER), parts)
    except REFUSALS:
        return _patiently(raw)


def _patiently(raw: bytes) -> Message:
    try:
        return _message(object_of(load(raw)))
    except (ValueError, RecursionError):
        return Message(Role.OTHER)


def _message(value: dict[str, Any]) -> Message:
    content = value.get("content")
    parts = read_content(content)
    return Message(
        role=_ROLES.get(text_of(value.get("role")), Role.OTHER),
        parts=(*parts, *(_part(image) for image in objects_in(value.get("images"))), *_spoken(value.get("audio"))),
        tool_calls=tuple(_calls(value)),
        tool_call_id=text_of(value.get("tool_call_id")),
        name=text_of(value.get("name")),
        reasoning=text_of(value.get("reasoning_content")) or text_of(value.get("reasoning")) or read_thoughts(content),
        refusal=text_of(value.get("refusal")),
    )


def read_content(content: Any) -> tuple[Part, ...]:
    """The parts of content in any of its shapes, without those that were only thought."""
    items = content if isinstance(content, list) else [content]
    return tuple(_part(item) for item in items if item is not None and item != "" and not _is_thought(item))


def read_thoughts(content: Any) -> str:
    """The reasoning that some put among the parts of the content."""
    thoughts = [item.get("thinking") for item in objects_in(content) if _is_thought(item)]
    return "".join(text_of(thought) or "".join(part.text for part in read_content(thought)) for thought in thoughts)


def _is_thought(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "thinking"


def _part(item: Any) -> Part:
    if isinstance(item, str):
        return Part("text", clean(item))
    if not isinstance(item, dict):
        return Part("text", _plain(item))
    kind = text_of(item.get("type")) or "text"
    if kind in _TEXTS and isinstance(item.get("text"), str):
        return Part("text", clean(item["text"]))
    if kind == "refusal":
        return Part("refusal", text_of(item.get("refusal")))
    return _medium(kind, item)


def _medium(kind: str, item: dict[str, Any]) -> Part:
    """A part that is no text: an address, or the content itself."""
    value = item.get(kind)
    held = {"url": value} if isinstance(value, str) else object_of(value)
    for field in ("url", "data", "file_data", "file_id"):
        data = held.get(field)
        if isinstance(data, str) and data:
            if field in {"url", "file_id"}:
                return part_of_url(kind, data)
            return part_of_base64(kind, data, text_of(held.get("format")))
    return Part(kind, key=digest_of(json.dumps(item, sort_keys=True).encode()))


def _spoken(audio: Any) -> Iterator[Part]:
    """The audio of a reply: what was said, and how it sounds, or the id by which a client names it later."""
    if isinstance(audio, dict):
        text, data = text_of(audio.get("transcript")), audio.get("data")
        if isinstance(data, str) and data:
            yield replace(part_of_base64("audio", data), text=text)
        else:
            yield Part("audio", text, text_of(audio.get("id")))


def _calls(message: dict[str, Any]) -> Iterator[ToolCall]:
    for call in objects_in(message.get("tool_calls")):
        payload = object_of(call.get("function") or call.get("custom"))
        yield _call(text_of(call.get("id")), payload)
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        yield _call("", legacy)


def _call(identity: str, payload: dict[str, Any]) -> ToolCall:
    arguments = payload.get("arguments", payload.get("input"))
    return ToolCall(identity, text_of(payload.get("name")), "" if arguments is None else _plain(arguments))


def _plain(value: Any) -> str:
    """A string as it is, anything else as JSON: some send a call's arguments as an object."""
    return clean(value if isinstance(value, str) else dump(value).decode())
