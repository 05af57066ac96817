"""The body of a request to ``/messages``, cut where its messages stand.

A tool's result is a message of its own here, though a user brings it: where a user's message holds results, each of
them is cut out, and so is what the user says beside them. ``before``, the pieces with what separates them, and
``after`` are the body all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby, pairwise
from typing import Any

import msgspec

from proxy.dialects.anthropic_message import RESULT
from proxy.dialects.dialect import Unparsed
from proxy.dialects.envelope import present
from proxy.dialects.jsontext import REFUSALS, load, members, object_of, places, spans, text_of
from proxy.messages import Request

_KEY = b'"messages"'
_ABSENT = msgspec.Raw()
_IDS = ("session_id", "litellm_session_id")
_SESSION = re.compile(r"_session_([0-9A-Za-z-]{8,})$")


class _Wire(msgspec.Struct):
    model: str
    messages: msgspec.Raw
    stream: msgspec.Raw = _ABSENT
    system: msgspec.Raw = _ABSENT
    tools: msgspec.Raw = _ABSENT
    metadata: msgspec.Raw = _ABSENT
    session_id: msgspec.Raw = _ABSENT
    litellm_session_id: msgspec.Raw = _ABSENT


class _Turn(msgspec.Struct):
    role: str
    content: msgspec.Raw


class _Block(msgspec.Struct):
    type: str


_WIRE = msgspec.json.Decoder(_Wire)
_TURN = msgspec.json.Decoder(_Turn)
_BLOCK = msgspec.json.Decoder(_Block)

Cut = tuple[int, int]
"""Where a piece begins and ends."""


def parse(body: bytes) -> Request:
    """Read a request. Raises ``Unparsed`` for JSON that is none, and for what is no JSON."""
    try:
        fields, at = _quickly(body) or _carefully(body)
        return _request(body, fields, at)
    except Unparsed:
        raise
    except ValueError as error:
        message = "the body is no JSON that can be read"
        raise Unparsed(message) from error


def _quickly(body: bytes) -> tuple[dict[str, bytes], int] | None:
    """The fields, and where the messages begin; ``None`` where that isn't beyond doubt."""
    try:
        wire = _WIRE.decode(body)
    except REFUSALS:
        return None
    fields = {name: bytes(getattr(wire, name)) for name in _Wire.__struct_fields__[1:]}
    listed = fields["messages"]
    key = body.find(_KEY)
    start = body.find(b"[", key)
    unique = key >= 0 and body.startswith(listed, start) and body.find(_KEY, start + len(listed)) < 0
    return (fields | {"model": msgspec.json.encode(wire.model)}, start) if unique else None


def _carefully(body: bytes) -> tuple[dict[str, bytes], int]:
    found = {key: (start, end) for key, start, end in spans(body, "{")}
    fields = {key: body[start:end] for key, (start, end) in found.items()}
    if not isinstance(load(fields.get("model", b"null")), str) or not fields.get("messages", b"").startswith(b"["):
        message = "the body names no model or has no list of messages"
        raise Unparsed(message)
    return fields, found["messages"][0]


def _request(body: bytes, fields: Mapping[str, bytes], at: int) -> Request:
    cuts = [(at + start, at + end) for start, end in _pieces(fields["messages"])]
    first, last = (cuts[0][0], cuts[-1][1]) if cuts else (at + 1, at + 1)
    return Request(
        model=text_of(load(fields["model"])),
        stream=fields.get("stream") == b"true",
        raws=tuple(body[start:end] for start, end in cuts),
        before=body[:first],
        after=body[last:],
        separators=tuple(body[end:start] for (_, end), (start, _) in pairwise(cuts)),
        tools=present(fields.get("tools")),
        system=present(fields.get("system")),
        asks_usage=True,  # it is told anyway
        ids=_ids(fields),
    )


def _pieces(listed: bytes) -> Iterator[Cut]:
    for start, end in places(listed):
        if listed[start] != ord("{"):
            message = "a message is no object"
            raise Unparsed(message)
        raw = listed[start:end]
        inner = _parted(raw) if b'"tool_result"' in raw else ()
        yield from ((start + low, start + high) for low, high in inner or ((0, len(raw)),))


def _parted(raw: bytes) -> list[Cut]:
    """Where the results in a user's message stand, and what is between them; nothing if there are none."""
    try:
        turn = _TURN.decode(raw)
    except REFUSALS:
        return []
    content = bytes(turn.content)
    if turn.role != "user" or not content.startswith(b"["):
        return []
    at = raw.index(content)
    blocks = [(at + start, at + end) for start, end in places(content)]
    kinds = [_is_result(raw[start:end]) for start, end in blocks]
    return list(_runs(blocks, kinds)) if any(kinds) else []


def _runs(blocks: list[Cut], results: list[bool]) -> Iterator[Cut]:
    """Each result by itself, all else in one piece as long as no result comes between."""
    for is_result, run in groupby(zip(blocks, results, strict=True), key=lambda pair: pair[1]):
        cuts = [cut for cut, _ in run]
        yield from cuts if is_result else [(cuts[0][0], cuts[-1][1])]


def _is_result(block: bytes) -> bool:
    try:
        return _BLOCK.decode(block).type == RESULT
    except REFUSALS:
        return False


def _ids(fields: Mapping[str, bytes]) -> dict[str, str]:
    metadata = {key: load(raw) for key, raw in members(fields.get("metadata") or b"{}").items()}
    found: dict[str, Any] = {"metadata.session_id": metadata.get("session_id")}
    found |= {name: load(raw) for name in _IDS if (raw := present(fields.get(name)))}
    found.setdefault("session_id", _user_session(text_of(metadata.get("user_id"))))
    return {name: text for name, value in found.items() if (text := text_of(value))}


def _user_session(user: str) -> object:
    """The session that Claude Code puts into the user's id: as JSON, or in earlier versions at its end."""
    if user.startswith("{"):
        try:
            return object_of(load(user.encode("utf-8", "replace"))).get("session_id")
        except ValueError:
            return None
    named = _SESSION.search(user)
    return named[1] if named else None
