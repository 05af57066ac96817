"""A recorded answer as a dialect needs it, to write a reply whose bytes were not kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Told:
    """What was answered. ``answers`` are the messages' bytes, ``at`` the second in which they came."""

    id: str
    model: str
    at: int
    answers: tuple[bytes, ...]
    finish_reason: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Renderer(Protocol):
    """Writes replies in one wire format."""

    def plain(self, told: Told) -> bytes:
        """The body of a reply in one piece."""
        ...

    def stream(self, told: Told, *, usage: bool) -> list[bytes]:
        """The frames of a stream, which an assembler makes the same answer of."""
        ...
