"""What a reflection looks at, as values. Times are microseconds, costs nano-dollars. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tool:
    """A call of a tool; ``ok`` is ``None`` while it has no result."""

    name: str
    ok: bool | None = None
    micros: int | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A request with its reply. ``confidence`` is from 0 to 1, where the reply tells it."""

    id: str
    session: str = ""
    at: int = 0
    micros: int = 0
    model: str = ""
    status: int = 200
    ending: str = "complete"
    finish_reason: str = "stop"
    error_type: str = ""
    error_code: str = ""
    error_message: str = ""
    tokens: int = 0
    cost: int | None = None
    confidence: float | None = None
    retry: bool = False
    question: str = ""
    answer: str = ""
    tools: tuple[Tool, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it went wrong."""
        return self.ending != "complete" or self.status >= 400 or bool(self.error_message)
