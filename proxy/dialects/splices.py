"""Text put into messages as they came: in front of what they say, or in the place of it. Every other byte stays."""

from __future__ import annotations

from proxy.dialects.jsontext import dump, spans
from proxy.messages import Request


def run(request: Request, raws: list[bytes], span: tuple[int, int]) -> bytes:
    """Messages side by side, with what stood between them."""
    start, end = span
    pieces = [raws[start]]
    for at in range(start + 1, end):
        pieces += (request.separators[at - 1], raws[at])
    return b"".join(pieces)


def with_text(raw: bytes, text: str, kind: str = "text") -> bytes:
    """The message with text in front of its content's own; in a list it is a part of that kind."""
    place = place_of(raw, "content")
    if place is None:
        return with_value(raw, "content", dump(text))
    start, end = place
    content = raw[start:end]
    if content.startswith(b'"'):
        return raw[: start + 1] + dump(text)[1:-1] + raw[start + 1 :]
    if content.startswith(b"["):
        comma = b"," if content[1:-1].strip() else b""
        return raw[: start + 1] + dump({"type": kind, "text": text}) + comma + raw[start + 1 :]
    return with_value(raw, "content", dump(text)) if content == b"null" else raw


def with_value(raw: bytes, key: str, value: bytes) -> bytes:
    """The object with another value under a key."""
    place = place_of(raw, key)
    if place is None:
        opening = raw.index(b"{") + 1
        return raw[:opening] + dump(key) + b":" + value + b"," + raw[opening:]
    return raw[: place[0]] + value + raw[place[1] :]


def place_of(raw: bytes, key: str) -> tuple[int, int] | None:
    """Where a value stands; of several, the last, as readers have it."""
    found = [(start, end) for name, start, end in spans(raw, "{") if name == key]
    return found[-1] if found else None
