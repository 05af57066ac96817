"""A session's segments as a chain: those whose summaries stand now, and which one each goes on from. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from proxy.segments import EXTRACTIVE
from storage.records import SegmentRow


def standing(rows: Sequence[SegmentRow]) -> list[SegmentRow]:
    """Those that no later one has folded into itself, newest first; of one range, what a model wrote of it."""
    return list(_standing(rows))


def _standing(rows: Sequence[SegmentRow]) -> Iterator[SegmentRow]:
    begins = None
    for row in sorted(rows, key=lambda one: (-one.end, one.start, one.summarizer == EXTRACTIVE)):
        if begins is None or row.end <= begins:
            begins = row.start
            yield row


def previous(row: SegmentRow, rows: Sequence[SegmentRow]) -> SegmentRow | None:
    """The one that ends where another begins: of those that do, the latest."""
    before = (one for one in reversed(rows) if one.digest == row.parent and one.hash != row.hash)
    return next(before, None) if row.parent else None
