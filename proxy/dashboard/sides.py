"""What a client sent beside what the model was given, message by message, with what differs marked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import msgspec

from proxy.api.differences import difference
from proxy.shapes.wire import read_message

MOST = 4_000_000
"""Pairs of messages; beyond so many, what differs is not matched any further."""
SEEN = 6_000
SHORT = 600
LISTED = 150
"""Of messages that differ in a row, so many are listed."""
AROUND = 200
"""Characters of a text in which little differs that are shown before and after that."""


class Head(msgspec.Struct, frozen=True):
    """What tells a message apart."""

    role: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """A message, or a field of the request, on one side: ``pieces`` of its text, with what only it has marked."""

    name: str
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What stands on the left and on the right; ``look`` is ``same`` (so many messages), ``gone``, ``new`` or
    ``changed``. On the left, ``more`` messages before the last one are not listed."""

    look: str
    left: tuple[Side, ...] = ()
    right: tuple[Side, ...] = ()
    same: int = 0
    more: int = 0


def pretty(body: bytes) -> str:
    """JSON with a line for each value; anything else as it is."""
    try:
        return msgspec.json.format(body, indent=2).decode(errors="replace")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body.decode(errors="replace")


def sides(sent: bytes, forwarded: bytes) -> list[Row]:
    """The rows of the comparison: fields first, then messages in their order."""
    found = difference(sent, forwarded)
    rows = [_pair(field.name, *(_raw(value) for value in (field.sent, field.forwarded))) for field in found.fields]
    rows += _same(found.same_before)
    rows += _messages([bytes(raw) for raw in found.removed], [bytes(raw) for raw in found.added])
    return [*rows, *_same(found.same_after)]


def _messages(sent: Sequence[bytes], given: Sequence[bytes]) -> Iterator[Row]:
    if len(sent) * len(given) > MOST:
        yield from _unlike(sent, given)
        return
    for tag, begin, end, start, stop in SequenceMatcher(None, sent, given, autojunk=False).get_opcodes():
        yield from _same(end - begin) if tag == "equal" else _unlike(sent[begin:end], given[start:stop])


def _unlike(sent: Sequence[bytes], given: Sequence[bytes]) -> Iterator[Row]:
    """A run that differs: messages that were changed are found from its end on, since what replaces is put first."""
    changed: list[Row] = []
    while sent and given and (row := _changed(sent[-1], given[-1])):
        changed.append(row)
        sent, given = sent[:-1], given[:-1]
    if sent or given:
        look = "changed" if sent and given else "gone" if sent else "new"
        listed = [*sent[: LISTED - 1], sent[-1]] if len(sent) > LISTED else sent
        ours, theirs = (tuple(_whole(raw, most) for raw in raws) for raws, most in ((listed, SHORT), (given, SEEN)))
        yield Row(look, ours, theirs, more=len(sent) - len(listed))
    yield from reversed(changed)


def _changed(sent: bytes, given: bytes) -> Row | None:
    """The same message with something put into it, or taken out of it."""
    name, text, other = _name(sent), _text(sent), _text(given)
    before, after = _ends(text, other)
    alike = other.endswith(text) or 2 * (before + after) >= min(len(text), len(other))
    return _pair(name, text, other) if name == _name(given) and text and alike else None


def _pair(name: str, ours: str, theirs: str) -> Row:
    before, after = _ends(ours, theirs)
    left, right = (Side(name, _pieces(text, before, len(text) - after)) for text in (ours, theirs))
    return Row("changed", (left,), (right,))


def _ends(ours: str, theirs: str) -> tuple[int, int]:
    """How many characters are the same at the beginning, and behind these at the end."""
    before = _shared(ours, theirs)
    return before, _shared(ours[before:][::-1], theirs[before:][::-1])


def _shared(ours: str, theirs: str) -> int:
    shorter = min(len(ours), len(theirs))
    return next((at for at in range(shorter) if ours[at] != theirs[at]), shorter)


def _pieces(text: str, begin: int, end: int) -> tuple[tuple[str, bool], ...]:
    before, marked, after = text[:begin], text[begin:end], text[end:]
    if len(before) > AROUND:
        before = "…" + before[-AROUND:]
    if len(after) > 2 * AROUND:
        after = after[: 2 * AROUND] + "…"
    return tuple(piece for piece in ((before, False), (_cut(marked, SEEN), True), (after, False)) if piece[0])


def _whole(raw: bytes, most: int) -> Side:
    return Side(_name(raw), ((_cut(_text(raw), most), True),))


def _same(messages: int) -> Iterator[Row]:
    if messages:
        yield Row("same", same=messages)


def _name(raw: bytes) -> str:
    try:
        head = msgspec.json.decode(raw, type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return head.role or head.type


def _text(raw: bytes) -> str:
    """What a message says; where it says nothing, all of it."""
    return read_message(raw).text or raw.decode(errors="replace")


def _raw(value: object) -> str:
    return bytes(value).decode(errors="replace") if isinstance(value, msgspec.Raw) else ""


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "…"
