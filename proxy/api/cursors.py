"""Places in lists as opaque text: a caller gives back what they got, and nothing else. Pure."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

import msgspec

from proxy.dialects.jsontext import REFUSALS
from proxy.errors import BadRequest

LARGEST = 2**63 - 1


def cursor_of(kind: str, place: Sequence[int]) -> str | None:
    """Write the place where the next page of a list begins; None at its end."""
    if not place:
        return None
    return urlsafe_b64encode(msgspec.msgpack.encode((kind, *place))).rstrip(b"=").decode()


def place_of(kind: str, cursor: str | None, size: int) -> tuple[int, ...]:
    """Read it; nothing at the beginning of a list. Raises ``BadRequest``."""
    if not cursor:
        return ()
    try:
        data = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        said, *place = msgspec.msgpack.decode(data, type=list[str | int])
    except (ValueError, *REFUSALS):
        said, place = "", []
    numbers = tuple(one for one in place if isinstance(one, int) and 0 <= one <= LARGEST)
    if said != kind or len(numbers) != size or len(place) != size:
        message = "cursor must be the next_cursor of the page before, from the same list with the same order."
        raise BadRequest(message, code="bad_cursor", param="cursor")
    return numbers
