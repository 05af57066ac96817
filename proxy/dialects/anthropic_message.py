"""One message of Anthropic's, or blocks of one, read. Takes any JSON and never raises; what is no text has its hash.

A piece is a message with its role, or blocks in a row: those of an answer, one tool's result, what a user says beside
results. Names of parts are those that other formats have for the same content, so that a history keeps its digests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from proxy.dialects.jsontext import REFUSALS, clean, dump, load, object_of, objects_in, text_of
from proxy.dialects.media import digest_of, part_of_base64
from proxy.messages import Message, Part, Role, ToolCall

RESULT = "tool_result"
THOUGHTS = frozenset({"thinking", "redacted_thinking"})
_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}
_KINDS = {"image": "image_url", "document": "file"}


class _Spoken(msgspec.Struct):
    role: str = ""
    type: str = ""


class _Plain(msgspec.Struct, forbid_unknown_fields=True):
    """A message that is all text."""

    role: str
    content: str


_SPOKEN = msgspec.json.Decoder(_Spoken)
_PLAIN = msgspec.json.Decoder(_Plain)


def read_role(raw: bytes) -> Role:
    """Who speaks, without reading the rest."""
    try:
        spoken = _SPOKEN.decode(raw)
    except REFUSALS:
        return read_message(raw).role
    if spoken.role:
        return _ROLES.get(spoken.role, Role.OTHER)
    return Role.TOOL if spoken.type == RESULT else Role.USER


def read_message(raw: bytes) -> Message:
    """The message; one that can't be read at all is an empty one of role ``other``."""
    try:
        plain = _PLAIN.decode(raw)
        parts = (Part("text", clean(plain.content)),) if plain.content else ()
        return Message(_ROLES.get(plain.role, Role.OTHER), parts)
    except REFUSALS:
        return _patiently(raw)


def read_answer(blocks: bytes) -> Message:
    """The message that a model gave, from its blocks."""
    try:
        return _spoken(Role.ASSISTANT, load(b"[" + blocks + b"]"))
    except (ValueError, RecursionError):
        return Message(Role.ASSISTANT)


def _patiently(raw: bytes) -> Message:
    try:
        blocks = load(b"[" + raw + b"]")
    except (ValueError, RecursionError):
        return Message(Role.OTHER)
    first = object_of(blocks[0]) if blocks else {}
    if "role" in first:
        return _spoken(_ROLES.get(text_of(first["role"]), Role.OTHER), first.get("content"))
    return _result(first) if first.get("type") == RESULT else _spoken(Role.USER, blocks)


def _result(block: dict[str, Any]) -> Message:
    failed = block.get("is_error")
    return Message(
        Role.TOOL,
        tuple(_parts(block.get("content"))),
        tool_call_id=text_of(block.get("tool_use_id")),
        failed=failed if isinstance(failed, bool) else None,
    )


def _spoken(role: Role, content: Any) -> Message:
    blocks = objects_in(content)
    thoughts = [text_of(block.get("thinking")) for block in blocks if block.get("type") in THOUGHTS]
    calls = tuple(_call(block) for block in blocks if block.get("type") == "tool_use")
    return Message(role, tuple(_parts(content)), calls, reasoning="".join(thoughts))


def _call(block: dict[str, Any]) -> ToolCall:
    given = block.get("input")
    # Text is what a stream left that broke off in the middle of a call.
    arguments = clean(given) if isinstance(given, str) else dump(given if given is not None else {}).decode()
    return ToolCall(text_of(block.get("id")), text_of(block.get("name")), arguments)


def _parts(content: Any) -> Iterator[Part]:
    """The parts of content in either of its shapes, without calls and without what was only thought."""
    for item in content if isinstance(content, list) else [content]:
        if isinstance(item, str):
            item = {"type": "text", "text": item}  # noqa: PLW2901
        block = object_of(item)
        kind = text_of(block.get("type"))
        if kind == "text":
            if text := text_of(block.get("text")):
                yield Part("text", text)
        elif kind and kind != "tool_use" and kind not in THOUGHTS:
            yield _held(kind, block)


def _held(kind: str, block: dict[str, Any]) -> Part:
    """Content that is no plain text: an image, a document, or a block of whatever kind."""
    source = object_of(block.get("source"))
    nested = source.get("content") if source.get("type") == "content" else block.get("content")
    told = text_of(source.get("data")) if source.get("type") == "text" else ""
    text = told or "".join(part.text for part in _parts(nested))
    named = _KINDS.get(kind, kind)
    if source.get("type") == "base64" and isinstance(data := source.get("data"), str):
        return replace(part_of_base64(named, data, text_of(source.get("media_type"))), text=text)
    return Part(named, text, _key(source) or digest_of(_plain(block)))


def _key(source: dict[str, Any]) -> str:
    """What names a source that is no base64: its address, its file, or the hash of its text."""
    address = text_of(source.get("url")) or text_of(source.get("file_id"))
    data = source.get("data")
    return address or (digest_of(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) else "")


def _plain(block: dict[str, Any]) -> bytes:
    """A block without the mark that clients move from turn to turn."""
    kept = {name: value for name, value in block.items() if name != "cache_control"}
    return json.dumps(kept, sort_keys=True).encode()
