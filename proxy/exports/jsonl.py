"""Entries of a store as lines of JSON, and lines as entries. Lossless: what is read is what was written. Pure.

A line is an object whose ``type`` is the entry's table. Hashes and ids are hexadecimal; verbatim content is text where
it is UTF-8, else ``{"base64": …}``; what is null is left out.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import msgspec

from storage.upkeep import Entry, Scalar

HEADER = "steno"
VERSION = 1
HASHES = frozenset(
    {
        "hash",
        "uid",
        "owner",
        "parent",
        "digest",
        "lone",
        "message",
        "session",
        "exchange",
        "tip",
        "answer",
        "prompt",
        "result",
    }
    | {"run", "body_hash", "reply_hash", "forwarded_hash", "retry_of", "residue", "tools", "system", "raw", "secret"}
)
CONTENT = frozenset({"body", "data", "items", "error_body", "logprobs", "answers", "reply_residue", "plan", "segments"})
TYPE = "entry_type"
"""What a row's own ``type`` is called in its line."""
TEXTS = frozenset({("posted", "result")})
"""What has the name of a hash elsewhere."""


class NoEntry(ValueError):
    """The line is none of Steno's; the sentence says why."""


def header() -> bytes:
    """The first line of an export."""
    return msgspec.json.encode({"type": HEADER, "version": VERSION}) + b"\n"


def line_of(entry: Entry) -> bytes:
    """An entry as a line."""
    kept = ((TYPE if name == "type" else name, value) for name, value in entry.fields.items() if value is not None)
    fields = {name: _written(name, value) for name, value in kept}
    return msgspec.json.encode({"type": entry.table, **fields}) + b"\n"


def _written(name: str, value: Scalar) -> object:
    if not isinstance(value, bytes):
        return value
    if name in HASHES:
        return value.hex()
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(value).decode()}


def entry_of(line: Mapping[str, Any]) -> Entry:
    """The entry that a line is. Raises ``NoEntry``."""
    table = line.get("type")
    if not isinstance(table, str):
        message = "it has no type"
        raise NoEntry(message)
    given = {"type" if name == TYPE else name: value for name, value in line.items() if name != "type"}
    return Entry(table, {name: _read(name, value, table) for name, value in given.items()})


def _read(name: str, value: object, table: str) -> Scalar:
    if name in HASHES and isinstance(value, str) and (table, name) not in TEXTS:
        return _hash(name, value)
    if name in CONTENT:
        return _content(name, value)
    if value is None or isinstance(value, str | int):
        return value
    message = f"its {name} is neither text nor a whole number"
    raise NoEntry(message)


def _hash(name: str, value: str) -> bytes:
    try:
        return bytes.fromhex(value)
    except ValueError as error:
        message = f"its {name} is not hexadecimal"
        raise NoEntry(message) from error


def _content(name: str, value: object) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    coded = value.get("base64") if isinstance(value, dict) else None
    try:
        if isinstance(coded, str):
            return b64decode(coded, validate=True)
    except binascii.Error:
        pass
    message = f"its {name} is neither text nor base64"
    raise NoEntry(message)


def is_header(line: Mapping[str, Any]) -> bool:
    """Whether a line is the first one of an export. Raises ``NoEntry`` for one of a newer release."""
    if line.get("type") != HEADER:
        return False
    if line.get("version") != VERSION:
        message = (
            f"the export has version {line.get('version')}, this release reads {VERSION}; upgrade Steno to import it"
        )
        raise NoEntry(message)
    return True
