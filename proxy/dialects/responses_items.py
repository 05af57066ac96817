"""Items of the Responses API, read. All that a model did up to the next word of somebody else is one message.

Takes any JSON and never raises. An item of a type that is not known here is the model's, unless it says otherwise: what
a model answers comes back in the next request, and must then read the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from proxy.dialects.jsontext import REFUSALS, clean, dump, load, object_of, objects_in, text_of
from proxy.dialects.media import digest_of, part_of_base64, part_of_url
from proxy.messages import Message, Part, Role, ToolCall

_ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
}
_ANSWERS = ("_output", "_response")
_TEXTS = frozenset({"text", "input_text", "output_text"})
_IN_CHAT = {"input_image": "image_url", "computer_screenshot": "image_url", "input_file": "file"}


class Kind(msgspec.Struct):
    """What tells whose an item is."""

    type: str | None = None
    role: str | None = None

    @property
    def speaker(self) -> Role:
        """Who speaks in it. What a client answers to a call is a tool's word."""
        if self.role:
            return _ROLES.get(self.role, Role.OTHER)
        return Role.TOOL if self.type and self.type.endswith(_ANSWERS) else Role.ASSISTANT


_KINDS = msgspec.json.Decoder(list[Kind])


def kinds_of(listed: bytes) -> list[Kind]:
    """The kind of each item in a list."""
    try:
        return _KINDS.decode(listed)
    except REFUSALS:
        return [_kind(object_of(item)) for item in load(listed)]


def _kind(item: dict[str, Any]) -> Kind:
    return Kind(text_of(item.get("type")), text_of(item.get("role")))


def read_role(raw: bytes) -> Role:
    """Who speaks, without reading the rest."""
    if raw.startswith(b'"'):
        return Role.USER
    try:
        return _KINDS.decode(b"[" + raw + b"]")[0].speaker
    except (*REFUSALS, IndexError):
        return read_message(raw).role


def read_message(raw: bytes) -> Message:
    """The message of one item, of several of a model's, or of an input that is only text."""
    try:
        items = load(b"[" + raw + b"]")
    except (ValueError, RecursionError):
        return Message(Role.OTHER)
    if items and isinstance(items[0], str):
        return Message(Role.USER, _parts(items[0]))
    if not items or not isinstance(items[0], dict):
        return Message(Role.OTHER)
    role = _kind(items[0]).speaker
    return _answer(items) if role is Role.ASSISTANT else _word(items[0], role)


def read_answer(span: bytes) -> Message:
    """What a model gave: whatever its items are called, the assistant speaks."""
    try:
        return _answer(load(b"[" + span + b"]"))
    except (ValueError, RecursionError):
        return Message(Role.ASSISTANT)


def _word(item: dict[str, Any], role: Role) -> Message:
    """What somebody else than the model says."""
    content = item.get("output", item.get("content"))
    called = text_of(item.get("call_id")) or text_of(item.get("approval_request_id"))
    if content is None and "approve" in item:
        content = "approved" if item["approve"] is True else "denied"
    return Message(role, _parts(content), tool_call_id=called, name=text_of(item.get("name")))


def _answer(items: Sequence[Any]) -> Message:
    found = [item for item in items if isinstance(item, dict)]
    thoughts = [_thought(item) for item in found if item.get("type") == "reasoning"]
    return Message(
        role=Role.ASSISTANT,
        parts=tuple(part for item in found for part in _said(item)),
        tool_calls=tuple(_call(item) for item in found if _is_call(item)),
        reasoning="\n\n".join(filter(None, thoughts)),
        items=tuple(name for item in found if (name := text_of(item.get("id")))),
    )


def _thought(item: dict[str, Any]) -> str:
    """A reasoning item in words: all of it where it is told, else its summary."""
    pieces = objects_in(item.get("content")) or objects_in(item.get("summary"))
    return "\n\n".join(filter(None, (text_of(piece.get("text")) for piece in pieces)))


def _is_call(item: dict[str, Any]) -> bool:
    """Whether it wants an answer by that id; a call of a built-in tool was answered upstream."""
    kind = text_of(item.get("type"))
    return bool(text_of(item.get("call_id"))) and not kind.endswith(_ANSWERS)


def _call(item: dict[str, Any]) -> ToolCall:
    given = next((item[key] for key in ("arguments", "input", "action", "operation") if item.get(key) is not None), "")
    name = text_of(item.get("name")) or text_of(item.get("type")).removesuffix("_call")
    return ToolCall(text_of(item["call_id"]), name, clean(given) if isinstance(given, str) else dump(given).decode())


def _said(item: dict[str, Any]) -> tuple[Part, ...]:
    """The parts of an item of a model's; of a built-in tool's call, its name."""
    kind = text_of(item.get("type")) or "message"
    if kind == "message":
        return _parts(item.get("content"))
    if kind in ("reasoning", "item_reference") or _is_call(item):
        return ()
    result = item.get("result")
    return (part_of_base64(kind, result) if isinstance(result, str) else Part(kind, key=text_of(item.get("id"))),)


def _parts(content: Any) -> tuple[Part, ...]:
    """Content in any of its shapes."""
    pieces = content if isinstance(content, list) else [content]
    return tuple(_part(piece) for piece in pieces if piece is not None and piece != "")


def _part(piece: Any) -> Part:
    if not isinstance(piece, dict):
        return Part("text", clean(piece) if isinstance(piece, str) else dump(piece).decode())
    kind = text_of(piece.get("type")) or "text"
    if kind in _TEXTS and isinstance(piece.get("text"), str):
        return Part("text", clean(piece["text"]))
    if kind == "refusal":
        return Part("refusal", text_of(piece.get("refusal")))
    return _medium(kind, piece)


def _medium(kind: str, piece: dict[str, Any]) -> Part:
    """An image, a sound or a file, under the name that it has in a chat, too."""
    kind = _IN_CHAT.get(kind, kind)
    held = {**piece, **object_of(piece.get(kind))}
    for field in ("image_url", "file_url", "data", "file_data", "file_id"):
        given = held.get(field)
        if isinstance(given, str) and given:
            return part_of_base64(kind, given) if field in ("data", "file_data") else part_of_url(kind, given)
    return Part(kind, key=digest_of(json.dumps(piece, sort_keys=True).encode()))
