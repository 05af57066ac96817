"""What was measured, against its goals, as one table of plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "MISSED", "unjudged", ""]


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a value."""

    sense: Literal["<=", ">="]
    bound: float
    unit: str = ""

    def met(self, value: float) -> bool:
        """Whether a value is within it."""
        return value <= self.bound if self.sense == "<=" else value >= self.bound

    def __str__(self) -> str:
        return f"{self.sense} {self.bound:.3g}{self.unit}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the medians it rests on, and the value that its goal is about."""

    what: str
    medians: str
    value: float
    goal: Goal | None = None
    unit: str = ""
    judged: bool = True

    @property
    def verdict(self) -> Verdict:
        """How the value stands to its goal."""
        if self.goal is None:
            return ""
        if not self.judged:
            return "unjudged"
        return "ok" if self.goal.met(self.value) else "MISSED"


HEAD = ("measured", "medians", "value", "goal", "")


def table(rows: Sequence[Row]) -> str:
    """All rows, in columns."""
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _cells(row: Row) -> tuple[str, ...]:
    return row.what, row.medians, f"{row.value:.3g}{row.unit}", str(row.goal) if row.goal else "", row.verdict


def missed(rows: Sequence[Row]) -> bool:
    """Whether a goal was missed."""
    return any(row.verdict == "MISSED" for row in rows)
