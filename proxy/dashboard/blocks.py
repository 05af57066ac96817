"""Which of a branch's messages are closed, and how a page groups them: what stands in their place stands beside them.

Pure: steps and segments in, values out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from proxy.dashboard.turns import Turn
from storage.browsing import Span, Twig


@dataclass(frozen=True, slots=True)
class Block:
    """A closed run: the steps ``start`` up to ``end`` of a branch, with the segment that stands in their place."""

    start: int
    end: int
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """Turns that follow each other: those of a block, or those between blocks."""

    block: Block | None
    turns: Sequence[Turn]


def blocks(branch: Sequence[Twig], spans: Sequence[Span]) -> list[Block]:
    """The closed runs of a branch, none within another: the latest segments hold what earlier ones held."""
    if not spans:
        return []
    places = {0: -1} | {twig.id: place for place, twig in enumerate(branch)}
    found: list[Block] = []
    for span in reversed(spans):
        start, end = places.get(span.before, -2) + 1, places.get(span.last, -1) + 1
        at = bisect_left(found, start, key=_start)
        free = (not at or found[at - 1].end <= start) and (at == len(found) or end <= found[at].start)
        if 0 <= start < end and free:
            found.insert(at, Block(start, end, span))
    return found


def _start(block: Block) -> int:
    return block.start


def within(found: Sequence[Block], ids: Sequence[int], start: int) -> dict[int, Block]:
    """The messages of a page that are closed, by their ids; the page begins with the step ``start``."""
    held: dict[int, Block] = {}
    for one in found:
        held |= dict.fromkeys(ids[max(0, one.start - start) : max(0, one.end - start)], one)
    return held


def groups(turns: Sequence[Turn], closed: Mapping[int, Block]) -> Iterator[Group]:
    """A page's turns, those of a block together."""
    held: list[Turn] = []
    for turn in turns:
        if held and closed.get(turn.id) is not closed.get(held[0].id):
            yield Group(closed.get(held[0].id), held)
            held = []
        held.append(turn)
    if held:
        yield Group(closed.get(held[0].id), held)
