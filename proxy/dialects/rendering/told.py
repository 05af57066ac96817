"""A recorded answer as a wire format needs it, to write a reply whose bytes were not kept. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

from proxy.messages import Usage

_WORDS = re.compile(r"\s+|\S+\s*")


@dataclass(frozen=True, slots=True)
class Told:
    """What was answered. ``at`` is the second in which it came.

    ``answers`` are the messages' bytes; where a reply is no message, they are its texts.
    """

    id: str
    model: str
    at: int
    answers: tuple[bytes, ...]
    finish_reason: str = ""
    usage: Usage = field(default_factory=Usage)


class Renderer(Protocol):
    """Writes replies in one wire format."""

    def plain(self, told: Told) -> bytes:
        """The body of a reply in one piece."""
        ...

    def stream(self, told: Told, *, usage: bool) -> list[bytes]:
        """The frames of a stream, which an assembler makes the same answer of.

        ``usage`` is whether the client asks for it, where a stream tells it only then.
        """
        ...


def words(text: str) -> list[str]:
    """A text in the pieces in which a model might give it."""
    return _WORDS.findall(text) or [text][: bool(text)]


def frame(data: bytes, event: str = "") -> bytes:
    """One event of a stream."""
    named = b"event: " + event.encode() + b"\n" if event else b""
    return named + b"data: " + data + b"\n\n"
