"""The body of a chat completion request, cut where its messages stand.

The cut is exact or it is not made: ``before``, the messages with what separates them, and ``after`` are the body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice, pairwise
from typing import NamedTuple

import msgspec

from proxy.dialects.dialect import Unparsed
from proxy.dialects.envelope import IDS, member, present, read_ids
from proxy.dialects.jsontext import REFUSALS, load, spans, text_of
from proxy.messages import Request

_KEY = b'"messages"'
_SEPARATOR = re.compile(rb"[ \t\n\r]*,[ \t\n\r]*")
_ABSENT = msgspec.Raw()
_FIELDS = ("stream", "stream_options", "tools", "metadata", *IDS)
# A tool's schema may have a property of that name, too; beyond so many, the exact way is as quick.
_TRIES = 8


class _Wire(msgspec.Struct):
    messages: list[msgspec.Raw]
    model: str = ""
    stream: msgspec.Raw = _ABSENT
    stream_options: msgspec.Raw = _ABSENT
    tools: msgspec.Raw = _ABSENT
    metadata: msgspec.Raw = _ABSENT
    session_id: msgspec.Raw = _ABSENT
    litellm_session_id: msgspec.Raw = _ABSENT
    conversation: msgspec.Raw = _ABSENT
    prompt_cache_key: msgspec.Raw = _ABSENT


class _Probe(msgspec.Struct):
    messages: bool


_WIRE = msgspec.json.Decoder(_Wire)
_PROBE = msgspec.json.Decoder(_Probe)


class _Found(NamedTuple):
    """A body cut up, and the verbatim values of its other fields."""

    model: str
    before: bytes
    raws: list[bytes]
    separators: list[bytes]
    after: bytes
    fields: Mapping[str, bytes]


def parse(body: bytes) -> Request:
    """Read a request. Raises ``Unparsed`` for JSON that is none, and for what is no JSON."""
    try:
        return _request(_quickly(body) or _carefully(body))
    except Unparsed:
        raise
    except ValueError as error:
        message = "the body is no JSON that can be read"
        raise Unparsed(message) from error


def _request(found: _Found) -> Request:
    return Request(
        model=found.model,
        stream=found.fields.get("stream") == b"true",
        raws=tuple(found.raws),
        before=found.before,
        after=found.after,
        separators=tuple(found.separators),
        tools=present(found.fields.get("tools")),
        asks_usage=member(found.fields, "stream_options", "include_usage") is True,
        ids=read_ids(found.fields),
    )


def _quickly(body: bytes) -> _Found | None:
    """One typed scan, and a look at where the messages must then be; ``None`` if they aren't there beyond doubt."""
    try:
        wire = _WIRE.decode(body)
    except REFUSALS:
        return None
    raws = list(map(bytes, wire.messages))
    if not all(raw.startswith(b"{") for raw in raws):
        return None
    for opening in islice(_openings(body), _TRIES):
        start, separator = _layout(body, opening, raws)
        joined = separator.join(raws)
        end = start + len(joined)
        if body.startswith(joined, start) and _holds(body, opening, end):
            separators = [separator] * (len(raws) - 1)
            fields = {name: bytes(raw) for name in _FIELDS if (raw := getattr(wire, name)) is not _ABSENT}
            return _Found(wire.model, body[:start], raws, separators, body[end:], fields)
    return None


def _layout(body: bytes, opening: int, raws: list[bytes]) -> tuple[int, bytes]:
    """Where the first message begins, and what stands between the first two: most write it between all of them."""
    start = _past_space(body, opening) if raws else opening
    if len(raws) < 2:
        return start, b""
    found = _SEPARATOR.match(body, start + len(raws[0]))
    return start, found[0] if found else b""


def _past_space(body: bytes, at: int) -> int:
    found = body.find(b"{", at)
    return at if body[at:found].strip() else found


def _openings(body: bytes) -> Iterator[int]:
    """Where lists may begin that are called messages."""
    key = body.find(_KEY)
    while key >= 0:
        yield body.find(b"[", key) + 1
        key = body.find(_KEY, key + 1)


def _holds(body: bytes, opening: int, end: int) -> bool:
    """Whether the list between is the value of ``messages``: with ``true`` in its place, ``messages`` must be true."""
    closing = body.find(b"]", end)
    try:
        return (
            not body[end:closing].strip()
            and _PROBE.decode(body[: opening - 1] + b"true" + body[closing + 1 :]).messages
        )
    except REFUSALS:
        return False


def _carefully(body: bytes) -> _Found:
    found = {key: (start, end) for key, start, end in spans(body, "{")}
    fields = {key: body[start:end] for key, (start, end) in found.items()}
    model, listed = load(fields.get("model", b'""')), fields.get("messages", b"")
    if not isinstance(model, str) or not listed.startswith(b"["):
        message = "the body's model is no text, or it has no list of messages"
        raise Unparsed(message)
    cuts = [(start, end) for _, start, end in spans(listed, "[")]
    if any(listed[start] != ord("{") for start, _ in cuts):
        message = "a message is no object"
        raise Unparsed(message)
    base = found["messages"][0]
    first, last = (cuts[0][0], cuts[-1][1]) if cuts else (1, 1)
    return _Found(
        model=text_of(model),
        before=body[: base + first],
        raws=[listed[start:end] for start, end in cuts],
        separators=[listed[end:start] for (_, end), (start, _) in pairwise(cuts)],
        after=body[base + last :],
        fields=fields,
    )
