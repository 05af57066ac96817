"""When the segments of an infinite session close: where the proxy's planner closes them, and with the same summaries.

What is said is followed as it is committed, so that a summary is there with the message that called for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from proxy.chain import link, lone_digest
from proxy.compaction import Planner
from proxy.context import digests_of, known_closings
from proxy.dialects.chat import Chat
from proxy.kept import closing_record
from proxy.meter import Meter
from proxy.shapes.branches import Tree
from proxy.tracks import Heard, Track
from storage.ports import Store
from storage.records import MessageRow, Planned

log = logging.getLogger("steno.sessions")
CHAT = Chat()


@dataclass(frozen=True, slots=True)
class Line:
    """A history as far as it was followed: to the message with digest ``tip``."""

    track: Track
    tip: bytes


@dataclass(slots=True)
class Step:
    """One entry's way along a line. ``line`` is where it ends; None where another program spoke in between."""

    planner: Planner
    before: Step | None
    line: Line | None = None

    def take(self, base: bytes, heards: Sequence[Heard]) -> Planned | None:
        """Go on from the digest ``base``; what is closed by that. May be called again."""
        before = self.before.line if self.before else None
        self.line = None
        if before is None or before.tip != base:
            return None
        try:
            track = self.planner.follow(before.track, heards)
        except Exception:
            log.exception("a session's segments can't be closed; what was said is recorded all the same")
            return None
        self.line = Line(track, heards[-1].digest if heards else base)
        closed, known = track.closed, before.track.closed
        if closed is None or (known is not None and known.closing == closed.closing):
            return None
        return Planned(track.total, track.total, closing=closing_record(closed.closing))


def line_of(messages: Sequence[MessageRow]) -> list[MessageRow]:
    """The messages of a session up to its latest."""
    tree = Tree(messages)
    latest = tree.latest()
    return [step.message for step in tree.steps(latest)] if latest else []


async def followed(store: Store, rows: Sequence[MessageRow], owner: bytes, planner: Planner, meter: Meter) -> Line:
    """A line that a store holds, with the summaries that are stored."""
    count = meter.raw_counter("")
    heards: list[Heard] = []
    tip = owner
    for raw in await store.listings.bodies([row.id for row in rows]):
        message = CHAT.read_message(raw)
        tip = link(tip, lone_digest(message))
        heards.append(Heard(message, count(raw, message), tip))
    known = await known_closings(store.closing, digests_of(heards), planner.budget.threshold)
    follow = replace(planner, known=known).follow
    track = await asyncio.to_thread(follow, Track(budget=planner.budget), heards)
    return Line(track, tip)
