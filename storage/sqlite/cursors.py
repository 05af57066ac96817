"""Where a page of a search ended, as text that the next request brings back. Pure."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from storage.ports import BadCursor
from storage.sqlite.ranking import Field

Cursor = TypeVar("Cursor", bound=msgspec.Struct)


class Newest(msgspec.Struct, frozen=True, array_like=True, tag="n", forbid_unknown_fields=True):
    """The last hit: its document, or its row where it wasn't indexed yet."""

    document: int = 0
    source: int = 0
    row: int = 0


class Ranked(msgspec.Struct, frozen=True, array_like=True, tag="r", forbid_unknown_fields=True):
    """The last hit's weight, and what weights were relative to: on the next page they are the same."""

    score: float
    at: int
    row: int
    field: Field


def written(cursor: Newest | Ranked) -> str:
    """The text of a cursor."""
    return urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode().rstrip("=")


def read(text: str, kind: type[Cursor]) -> Cursor | None:
    """The cursor that a text stands for, if any. Raises ``BadCursor``."""
    if not text:
        return None
    try:
        return msgspec.msgpack.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (ValueError, msgspec.MsgspecError) as error:
        raise BadCursor from error
