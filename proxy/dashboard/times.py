"""An exchange's times as bars: what was waited for, and for how long. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storage.records import Attempt, ExchangeRow

WIDTH = 1000.0


@dataclass(frozen=True, slots=True)
class Bar:
    """``x`` and ``width`` are thousandths of the whole time."""

    label: str
    look: str
    x: float
    width: float
    micros: int


def bars(row: ExchangeRow, attempts: Sequence[Attempt]) -> list[Bar]:
    """From the request to the last byte: the attempts that failed, the wait for the first byte, the stream."""
    ends = row.ended_at or max([row.at, row.first_byte_at, *(one.ended_at for one in attempts)])
    whole = max(1, ends - row.at)

    def bar(label: str, look: str, begins: int, until: int) -> Bar:
        x = min(max(0, begins - row.at), whole) / whole * WIDTH
        width = max(0, min(until, ends) - max(begins, row.at)) / whole * WIDTH
        return Bar(label, look, round(x, 1), round(max(2.0, min(width, WIDTH - x)), 1), max(0, until - begins))

    tried = attempts[:-1] if row.first_byte_at else attempts
    begun = max([row.at, *(one.ended_at for one in tried)]) if tried else row.at
    found = [bar(f"attempt {one.number} at {one.provider}", "failed", one.started_at, one.ended_at) for one in tried]
    if not row.first_byte_at:
        return [*found, bar("wait", "wait", begun, ends)] if begun < ends else found
    found.append(bar("wait for the first byte", "wait", begun, row.first_byte_at))
    return [*found, bar("stream" if row.stream else "reply", "stream", row.first_byte_at, ends)]
