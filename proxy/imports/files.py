"""A file that somebody wants imported: what it is, found by looking, and its lines with their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from proxy.dialects.jsontext import load
from proxy.errors import BadRequest
from proxy.exports.jsonl import HEADER
from proxy.imports.agentlog import is_entry
from proxy.imports.lists import is_message
from storage.llmlogs import MAGIC

LOOKED_AT = 65_536


class Kind(StrEnum):
    """What a file holds."""

    STENO = "Steno's own export"
    LISTS = "lists of messages"
    WHOLE = "one value of JSON"
    MESSAGES = "one message a line"
    LOG = "an agent's log"
    LLM = "a log of llm"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number from 1 on, how many bytes of the file have been read with it, and its value or its fault."""

    number: int
    read: int
    value: Any = None
    fault: str = ""


def kind_of(path: Path) -> Kind:
    """What the file is. Raises ``BadRequest`` for one that is nothing that is known."""
    try:
        with path.open("rb") as file:
            head = file.read(LOOKED_AT)
    except OSError as error:
        message = f"{path} can't be read ({error.strerror})"
        raise BadRequest(message) from error
    if head.startswith(MAGIC):
        return Kind.LLM
    for line in lines(path):
        if not line.fault:
            found = _by_value(line.value)
            if found is not None and (found is not Kind.LISTS or line.number == 1):
                return found
        if line.number == 1 and head.lstrip()[:1] in (b"[", b"{") and line.fault and _is_json(path):
            return Kind.WHOLE
        if line.number > 100:
            break
    message = (
        f"{path} holds nothing that can be imported: it is no export of Steno's, no list of messages, no agent's log "
        "of message, tool_call, error and decision entries, and no logs.db of llm"
    )
    raise BadRequest(message)


def size_of(path: Path) -> int:
    """How many bytes there are to be read."""
    return path.stat().st_size


def _by_value(value: Any) -> Kind | None:
    if isinstance(value, Mapping) and value.get("type") == HEADER:
        return Kind.STENO
    if is_entry(value):
        return Kind.LOG
    if is_message(value):
        return Kind.MESSAGES
    listed = isinstance(value, list) or (isinstance(value, Mapping) and "messages" in value)
    return Kind.LISTS if listed else None


def _is_json(path: Path) -> bool:
    try:
        whole(path)
    except ValueError:
        return False
    return True


def whole(path: Path) -> Any:
    """The file as one value. Raises ``ValueError``."""
    return load(path.read_bytes())


def lines(path: Path) -> Iterator[Line]:
    """The lines that are not empty."""
    read = 0
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            read += len(raw)
            if raw.strip():
                yield _line(number, read, raw)


def _line(number: int, read: int, raw: bytes) -> Line:
    try:
        return Line(number, read, msgspec.json.decode(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return Line(number, read, load(raw))
    except ValueError as error:
        return Line(number, read, fault=f"it is no JSON ({error})")
