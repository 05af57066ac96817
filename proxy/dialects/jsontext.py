"""JSON as it is found: decoded however odd, cut into verbatim pieces, its text made fit for a store.

msgspec reads nearly all of it. What it refuses and others accept (lone surrogates, NaN, 1e400, bytes that are no UTF-8)
is left to the standard library. Whatever can't be read raises ``ValueError``, nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for JSON that another reader may still accept."""

_BETWEEN = re.compile(rb"[ \t\n\r,]*")
_SPACE = re.compile(r"[ \t\n\r]*")
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])
_decode = msgspec.json.decode


def load(raw: bytes) -> Any:
    """The value."""
    try:
        return _decode(raw)
    except REFUSALS:
        return _patiently(raw.decode("utf-8-sig", "replace"))


def dump(value: Any) -> bytes:
    """Compact JSON of a value that ``load`` gave."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        # Escaped, the halves of a pair that came in two chunks stand side by side, and so are one character again.
        return json.dumps(value, separators=(",", ":")).encode()


def clean(text: str) -> str:
    """The text with its surrogate pairs joined; a lone half, and NUL, is replaced by U+FFFD: no store takes them."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def text_of(value: Any) -> str:
    """The value if it is a string, else nothing."""
    return clean(value) if isinstance(value, str) else ""


def object_of(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects_in(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; nothing if it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def members(raw: bytes) -> dict[str, bytes]:
    """An object's members, each value as its verbatim bytes; of equal keys the last. Empty for any other JSON."""
    try:
        return {key: bytes(value) for key, value in _MEMBERS.decode(raw).items()}
    except REFUSALS:
        return {key: raw[start:end] for key, start, end in spans(raw, "{")}


def elements(raw: bytes) -> list[bytes]:
    """An array's elements, each as its verbatim bytes. Empty for any other JSON."""
    try:
        return [bytes(value) for value in _ELEMENTS.decode(raw)]
    except REFUSALS:
        return [raw[start:end] for _, start, end in spans(raw, "[")]


def places(raw: bytes) -> list[tuple[int, int]]:
    """Where an array's elements stand in it: start, end. Empty for any other JSON."""
    try:
        found = _ELEMENTS.decode(raw)
    except REFUSALS:
        return [(start, end) for _, start, end in spans(raw, "[")]
    cuts, at = [], raw.index(b"[") + 1
    for element in map(bytes, found):
        start = _BETWEEN.match(raw, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        at = start + len(element)
        cuts.append((start, at))
    return cuts


def spans(raw: bytes, opening: str) -> Iterator[tuple[str, int, int]]:
    """Where an object's or array's values stand: key (empty in an array), start, end. The exact way, and slow."""
    # One character a byte: positions in the text are positions in the bytes, and structure is ASCII.
    text = raw.decode("latin-1")
    _patiently(text)
    at = _past_space(text, 0)
    if text[at] != opening:
        return
    at = _past_space(text, at + 1)
    while text[at] not in "}]":
        key = ""
        if opening == "{":
            key, at = _READER.raw_decode(text, at)
            at = _past_space(text, _past_space(text, at) + 1)
        _, end = _READER.raw_decode(text, at)
        yield key, at, end
        at = _past_space(text, end)
        if text[at] == ",":
            at = _past_space(text, at + 1)


def _past_space(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too


def _patiently(text: str) -> Any:
    try:
        return _READER.decode(text)
    except RecursionError as error:
        message = "the JSON is nested too deeply"
        raise ValueError(message) from error


def _integer(digits: str) -> int | float:
    """Python refuses to read integers of many thousand digits."""
    return int(digits) if len(digits) < 1000 else float(digits)


_READER = json.JSONDecoder(parse_int=_integer)
