"""A reply in pieces, each with the wait before it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storage.upkeep import Take

FRAME = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r|\Z)", re.DOTALL)


def frames_of(body: bytes) -> list[bytes]:
    """A stream's frames, each with what ends it."""
    return [found for found in FRAME.findall(body) if found]


def paced(pieces: list[bytes], take: Take) -> Iterator[tuple[float, bytes]]:
    """Each piece and the seconds before it: those up to the first byte, and then even steps up to the end."""
    first = max(0, (take.first_byte_at or take.ended_at) - take.at) / 1e6
    rest = max(0, take.ended_at - take.at) / 1e6 - first
    step = max(0.0, rest) / max(1, len(pieces) - 1)
    for at, piece in enumerate(pieces):
        yield (step if at else first), piece
