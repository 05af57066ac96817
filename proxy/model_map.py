"""Models by the names that another provider knows them under. Pure.

Knows that a request names its model in its top-level ``model``, in all dialects alike, and nothing else of them. Only
that value is replaced: every other byte of the body stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import islice

import msgspec

from proxy.dialects.jsontext import REFUSALS, dump, spans

Pairs = Sequence[tuple[str, str]]
"""Names or globs, and what they are called there."""

_VALUE = re.compile(rb'"model"[ \t\n\r]*:[ \t\n\r]*("(?:[^"\\]|\\.)*")', re.DOTALL)
# Messages and tools may hold such a member, too; beyond so many, the exact way is as quick.
_TRIES = 8


class _Probe(msgspec.Struct):
    model: str


_PROBE = msgspec.json.Decoder(_Probe)


def mapped(model: str, pairs: Pairs) -> str:
    """What a model is called there: by its own name first, then by the first glob that fits; empty if the same."""
    found = next((target for name, target in pairs if name == model), None)
    if found is None:
        found = next((target for glob, target in pairs if fnmatchcase(model, glob)), model)
    return "" if found == model else found


def renamed(body: bytes, model: str) -> bytes | None:
    """The body with another model; of equal members the last counts. None for what is no object that names a model."""
    value = dump(model)
    for spliced in islice(_spliced(body, value), _TRIES):
        match _model_in(spliced):
            case None:
                break
            case found if found == model:
                return spliced
    return _carefully(body, value)


def _spliced(body: bytes, value: bytes) -> Iterator[bytes]:
    """The body with one member called model replaced, each in turn, wherever it stands."""
    for found in _VALUE.finditer(body):
        yield body[: found.start(1)] + value + body[found.end(1) :]


def _model_in(body: bytes) -> str | None:
    try:
        return _PROBE.decode(body).model
    except REFUSALS:
        return None


def _carefully(body: bytes, value: bytes) -> bytes | None:
    try:
        found = [(start, end) for key, start, end in spans(body, "{") if key == "model"]
    except (ValueError, IndexError):
        return None
    if not found or body[found[-1][0]] != ord('"'):
        return None
    start, end = found[-1]
    return body[:start] + value + body[end:]
