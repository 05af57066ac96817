"""What is forwarded of a conversation that doesn't fit: when it is planned at all, and from which memory.

Whatever goes wrong here, the request is forwarded as it came.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from proxy.asked import Asked
from proxy.ceilings import Ceilings
from proxy.chain import Linked, link, lone_digest
from proxy.compaction import Planner
from proxy.dialects import rewriting
from proxy.dialects.overlong import Overlong
from proxy.kept import closing_of, closing_record, plan_record, segment_of
from proxy.memory import Tracks
from proxy.messages import Request, Role
from proxy.meter import Meter
from proxy.plans import Plan
from proxy.providers import Provider
from proxy.recall import Meaning
from proxy.shares import Budget
from proxy.summaries import Wanted, taken, wanted
from proxy.tracks import Closed, Closing, Heard, Known, Track
from storage.ports import StoreError
from storage.records import ClosingRecord, Planned, SegmentRecord

log = logging.getLogger("steno.context")

Find = Callable[[Sequence[bytes], int], Awaitable[ClosingRecord | None]]
"""The stored closing of the first of some digests that has one for that threshold."""
Summaries = Callable[[Sequence[bytes]], Awaitable[Sequence[SegmentRecord]]]
"""What models wrote of runs that end at some digests, the latest first."""


async def nothing(_: Sequence[bytes]) -> Sequence[SegmentRecord]:
    """No model wrote anything."""
    return ()


MANY = 64
"""More messages than these are followed in a thread: a plan by itself takes no longer than reading the request."""
FIND_SECONDS = 2.0


class Compacted(msgspec.Struct, frozen=True):
    """A request as it is forwarded, and the plan that led there. ``wanted`` are segments for a model to write."""

    asked: Asked
    plan: Plan
    closing: Closing | None = None
    wanted: tuple[Wanted, ...] = ()

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What the client is told of it."""
        told = ((b"x-context-sent-tokens", self.plan.sent), (b"x-context-forwarded-tokens", self.plan.forwarded))
        return [(name, str(tokens).encode()) for name, tokens in told]

    def record(self) -> Planned:
        """What is kept of it."""
        if not self.plan.changes:
            return Planned(self.plan.sent, self.plan.forwarded)
        plan, blobs = plan_record(self.plan)
        closing = closing_record(self.closing) if self.closing else None
        return Planned(self.plan.sent, self.plan.forwarded, plan, blobs, closing)


@dataclass(slots=True)
class Context:
    """Plans requests, and knows what was planned before."""

    ceilings: Ceilings
    find: Find
    summaries: Summaries = nothing
    tracks: Tracks = field(default_factory=Tracks)
    meaning: Meaning | None = None

    @property
    def meter(self) -> Meter:
        """What counts tokens."""
        return self.ceilings.meter

    def may(self, asked: Asked) -> bool:
        """Whether a request may be made shorter at all: not where it is no list of all that was said."""
        request, chained = asked.request, asked.chained
        if request is None or chained is None or asked.dialect is None or not isinstance(asked.content, bytes):
            return False
        return not (request.previous or request.follows) and rewriting(asked.dialect) is not None

    async def compacted(self, asked: Asked, provider: Provider) -> Compacted | None:
        """What is forwarded to a provider in place of a request; nothing where it fits as it is."""
        try:
            threshold = self.ceilings.threshold(asked, provider)
            return await self._planned(asked, self.ceilings.budget(asked, provider, threshold)) if threshold else None
        except Exception:
            log.exception("a conversation can't be compacted; it is forwarded as it came")
            return None

    async def shorter(self, asked: Asked, provider: Provider, said: Overlong) -> Compacted | None:
        """The same for one that turned out to be too long for its model, whose window is now known."""
        try:
            threshold = self.ceilings.learnt(asked, provider, said)
            budget = self.ceilings.budget(asked, provider, threshold)
            compacted = await self._planned(asked, budget) if threshold else None
        except Exception:
            log.exception("a conversation that is too long can't be compacted")
            return None
        return compacted if compacted and compacted.plan.changes else None

    async def _planned(self, asked: Asked, budget: Budget) -> Compacted | None:
        request, chained = asked.request, asked.chained
        if request is None or chained is None:
            return None
        way = await self._way(asked, budget)
        followed, plan = await way.gone()
        closed = _newly_closed(way.track, followed[chained.end.listed])
        if closed is not None and self.ceilings.rules.by_model:
            way = replace(way, planner=await self._informed(way, closed))
            followed, plan = await way.gone()
            closed = _newly_closed(way.track, followed[chained.end.listed])
        for listed, one in followed.items():
            self.tracks.put((budget, listed), one)
        made = _made(asked, request, plan)
        if made is None or closed is None:
            return made
        room = budget.summary(closed.shares)
        wants = wanted(closed.closing.segments, room) if self.ceilings.rules.by_model else ()
        return replace(made, closing=closed.closing, wanted=wants)

    async def _way(self, asked: Asked, budget: Budget) -> _Way:
        """From the latest place in a history that is remembered, to its end."""
        request, chained = asked.request, asked.chained
        assert request is not None  # noqa: S101
        assert chained is not None  # noqa: S101
        track = self.tracks.get((budget, chained.prefix.listed)) if chained.prefix.length else Track(budget=budget)
        planner = Planner(budget, self.meter.counter(request.model), meaning=self.meaning)
        heards = [_heard(linked) for linked in chained.links]
        if track is None or (len(heards) > MANY and not track.length):
            if track is None:
                track, heards = Track(budget=budget), [*await self._before(asked), *heards]
            planner = replace(planner, known=await known_closings(self.find, digests_of(heards), budget.threshold))
        ends = [(stop.listed, stop.links + len(heards) - len(chained.links)) for stop in chained.stops]
        return _Way(planner, track, heards, [*ends, (chained.end.listed, len(heards))])

    async def _informed(self, way: _Way, closed: Closed) -> Planner:
        """The planner, told what stands in place of a closing already and what models wrote of the segments so far.

        It asks the store, since that may have come from another process; closings are rare.
        """
        before = way.track.closed.closing.segments if way.track.closed else ()
        digests = dict.fromkeys(one.digest for one in (*before, *closed.closing.segments))
        try:
            async with asyncio.timeout(FIND_SECONDS):
                records = await self.summaries(list(digests))
                known = await known_closings(self.find, [closed.closing.digest], way.planner.budget.threshold)
        except (StoreError, TimeoutError) as error:
            log.warning("what models wrote of a conversation can't be looked up: %s", error)
            return way.planner
        written = [segment_of(record) for record in records]
        room = way.planner.budget.summary(closed.shares)
        return replace(way.planner, known=known, written=lambda segment: taken(segment, written, room))

    async def _before(self, asked: Asked) -> list[Heard]:
        """The messages of the prefix that is known to the chain, but not here."""
        return await asyncio.to_thread(self._read, asked)

    def _read(self, asked: Asked) -> list[Heard]:
        request, chained, dialect = asked.request, asked.chained, asked.dialect
        assert request is not None  # noqa: S101
        assert chained is not None  # noqa: S101
        assert dialect is not None  # noqa: S101
        count, tip = self.meter.raw_counter(request.model), asked.owner
        heards: list[Heard] = []
        for raw in request.raws[: chained.prefix.length]:
            message = dialect.read_message(raw)
            if message.role is Role.SYSTEM:
                heards.append(Heard(message, count(raw, message)))
                continue
            tip = link(tip, lone_digest(message))
            heards.append(Heard(message, count(raw, message), tip))
        return heards


async def known_closings(find: Find, digests: Sequence[bytes], threshold: int) -> Known:
    """What finds the closing that is stored for the first of some digests of a history."""
    async with asyncio.timeout(FIND_SECONDS):
        found = await find(digests, threshold)
    closing = closing_of(found) if found else None

    def known(digest: bytes, _: int) -> Closing | None:
        return closing if closing and closing.digest == digest else None

    return known


class _Way(msgspec.Struct, frozen=True):
    """Messages to be followed, and the ``ends`` of lists on the way, by name and number of messages."""

    planner: Planner
    track: Track
    heards: Sequence[Heard]
    ends: Sequence[tuple[bytes, int]]

    @property
    def is_long(self) -> bool:
        """Whether others should not have to wait for it."""
        return len(self.heards) > MANY

    async def gone(self) -> tuple[dict[bytes, Track], Plan]:
        """``planned``, in a thread if it is long."""
        return await asyncio.to_thread(self.planned) if self.is_long else self.planned()

    def planned(self) -> tuple[dict[bytes, Track], Plan]:
        """The tracks at all ends, and the plan at the last."""
        track, start = self.track, 0
        followed: dict[bytes, Track] = {}
        for name, end in self.ends:
            track = followed[name] = self.planner.follow(track, self.heards[start:end])
            start = end
        return followed, self.planner.plan(track)


def _made(asked: Asked, request: Request, plan: Plan) -> Compacted | None:
    if not plan.changes:
        return Compacted(asked, plan)
    assert asked.dialect is not None  # noqa: S101
    rewrite = rewriting(asked.dialect)
    assert rewrite is not None  # noqa: S101
    content = rewrite(b"", request, plan)
    if not content:  # it can't be done in this one
        return None
    return Compacted(replace(asked, content=content, packed=False, compacted=True), plan)


def _newly_closed(before: Track, after: Track) -> Closed | None:
    """What was closed on the way, if anything."""
    closed = after.closed
    return closed if closed and (before.closed is None or before.closed.closing != closed.closing) else None


def digests_of(heards: Sequence[Heard]) -> list[bytes]:
    """The digests of a history, the latest first."""
    return [heard.digest for heard in reversed(heards) if heard.digest]


def _heard(linked: Linked) -> Heard:
    return Heard(linked.message, linked.tokens, linked.digest)
