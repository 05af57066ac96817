"""Segments: closed runs of a history, each with its summary; eight of one level become one of the next.

A segment is named by the digest of the prefix that it ends, and its text never changes. A parent chooses from its
children's original sentences, never from summaries. Pure values.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from proxy.fences import OMITTED, record
from proxy.units import Count, Unit, lines, pick

FOLD = 8
EXTRACTIVE = "extractive"
MODEL = "model"
SPARE = 3
"""A segment keeps so many times its room in sentences, for its parent to choose from."""


class Segment(msgspec.Struct, frozen=True):
    """Messages ``start`` up to ``end`` of the history whose digest at the end is ``digest``.

    ``parent`` is the digest at its start. ``text`` is what stands in the prompt, ``units`` the original sentences that
    a parent may choose from. ``summarizer`` is who wrote the text.
    """

    digest: bytes
    parent: bytes
    start: int
    end: int
    level: int
    text: str
    tokens: int
    units: tuple[Unit, ...] = ()
    summarizer: str = EXTRACTIVE


def close(
    digest: bytes, parent: bytes, span: tuple[int, int], units: Sequence[Unit], room: int, count: Count
) -> Segment:
    """A segment of messages, in ``room`` tokens."""
    kept = pick(units, room * SPARE)
    text = lines(pick(kept, room))
    return Segment(digest, parent, *span, 0, text, count(text), kept)


def fold(children: Sequence[Segment], room: int, count: Count) -> Segment:
    """Several segments that follow each other as one."""
    units = [unit for child in children for unit in child.units]
    kept = pick(units, room * SPARE)
    text = lines(pick(kept, room))
    first, last = children[0], children[-1]
    level = max(child.level for child in children) + (first.level == last.level)
    return Segment(last.digest, first.parent, first.start, last.end, level, text, count(text), kept)


def record_of(segments: Sequence[Segment]) -> str:
    """What stands in a prompt for segments; where there was no room for a word of theirs, that they are left out."""
    texts = [segment.text for segment in segments if segment.text]
    return record("\n".join(texts)) if texts else OMITTED


def settle(segments: Sequence[Segment], room: int, share: float, count: Count) -> tuple[Segment, ...]:
    """Segments folded eight to one, and sooner where their texts don't fit into ``room``; newest last."""
    settled = list(segments)
    while (run := _full(settled)) or (sum(one.tokens for one in settled) > room and (run := _crowded(settled))):
        start, end = run
        children = settled[start:end]
        settled[start:end] = [fold(children, max(1, int(sum(child.tokens for child in children) * share)), count)]
    return tuple(settled)


def _full(segments: Sequence[Segment]) -> tuple[int, int] | None:
    """The last eight of one level, if there are so many."""
    for start, end in _runs(segments):
        if end - start >= FOLD:
            return start, start + FOLD
    return None


def _crowded(segments: Sequence[Segment]) -> tuple[int, int] | None:
    """The oldest run of one level with more than one in it; else the two oldest."""
    for start, end in _runs(segments):
        if end - start > 1:
            return start, end
    return (0, 2) if len(segments) > 1 else None


def _runs(segments: Sequence[Segment]) -> list[tuple[int, int]]:
    """Where segments of one level stand side by side."""
    runs: list[tuple[int, int]] = []
    for at, segment in enumerate(segments):
        if runs and segments[at - 1].level == segment.level:
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    return runs
