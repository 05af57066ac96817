"""The table that is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

HEADS = ("client", "version", "endpoint", "sessions expected", "found", "ok")


@dataclass(frozen=True, slots=True)
class Row:
    """What one client's conversations came to."""

    client: str
    version: str
    endpoint: str
    expected: int
    found: int
    complaints: Sequence[str] = field(default=())

    @property
    def cells(self) -> tuple[str, ...]:
        """Its line."""
        ok = "NO" if self.complaints else "yes"
        return self.client, self.version, self.endpoint, str(self.expected), str(self.found), ok


def table(rows: Sequence[Row]) -> str:
    """All rows below their heads, and what is wrong below them."""
    cells = [HEADS, *(row.cells for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    wrong = [f"{row.client}, {row.endpoint}: {said}" for row in rows for said in row.complaints]
    return "\n".join([*lines, *wrong])
