"""What is forwarded of a conversation that doesn't fit: when it is planned at all, with what budget, from which memory.

Whatever goes wrong here, the request is forwarded as it came. Below its threshold a request costs a comparison.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from proxy.asked import Asked
from proxy.chain import Linked, link, lone_digest
from proxy.compaction import Planner
from proxy.dialects import rewriting
from proxy.dialects.jsontext import REFUSALS
from proxy.dialects.overlong import Overlong
from proxy.kept import closing_of, closing_record, plan_record
from proxy.memory import Tracks
from proxy.messages import Request, Role
from proxy.meter import Meter
from proxy.plans import Plan
from proxy.routing import DEFAULT
from proxy.shares import Budget
from proxy.tracks import Closing, Heard, Track
from storage.records import ClosingRecord, Planned

log = logging.getLogger("steno.context")

Find = Callable[[Sequence[bytes], int], Awaitable[ClosingRecord | None]]
"""The stored closing of the first of some digests that has one for that threshold."""

SMALLEST = 2_048
"""No model has a smaller window: nobody looks for the windows of those who get less."""
SHARE = 0.75
"""Of a model's window, less the reply's room, this much is used; counts of tokens differ."""
STEPS = 16
"""A threshold that follows from a window is one of so many: it mustn't move with every request."""
MANY = 64
"""More messages than these are followed in a thread, and so is what comes after LONG messages."""
LONG = 1_000
FIND_SECONDS = 2.0
MODELS = 1_024


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say."""

    mode: str = "auto"
    threshold: int = 32_000
    turns: int = 0
    recall: bool = True


@dataclass(frozen=True, slots=True)
class Compacted:
    """A request as it is forwarded, and the plan that led there."""

    asked: Asked
    plan: Plan
    closing: Closing | None = None

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


class Room(msgspec.Struct):
    """What a request leaves to its reply, by the names that the formats have for it."""

    max_completion_tokens: int | None = None
    max_output_tokens: int | None = None
    max_tokens: int | None = None

    @property
    def tokens(self) -> int:
        """The tokens; 0 where the request doesn't say."""
        return self.max_completion_tokens or self.max_output_tokens or self.max_tokens or 0


@dataclass(slots=True)
class Context:
    """Plans requests; knows what was planned before, and which windows models turned out to have."""

    rules: Rules
    meter: Meter
    find: Find
    tracks: Tracks = field(default_factory=Tracks)
    _windows: dict[tuple[str, str], int] = field(default_factory=dict)

    def may(self, asked: Asked) -> bool:
        """Whether a request may be made shorter at all: not where it is no list of all that was said."""
        request, chained = asked.request, asked.chained
        if request is None or chained is None or asked.dialect is None or not isinstance(asked.content, bytes):
            return False
        if request.previous or request.follows or self._mode(asked) == "off":
            return False
        return rewriting(asked.dialect) is not None

    async def compacted(self, asked: Asked) -> Compacted | None:
        """What is forwarded in place of a request; nothing where it fits as it is."""
        try:
            threshold = self._threshold(asked)
            return await self._planned(asked, threshold) if threshold else None
        except Exception:
            log.exception("a conversation can't be compacted; it is forwarded as it came")
            return None

    async def shorter(self, asked: Asked, said: Overlong) -> Compacted | None:
        """The same for one that turned out to be too long for its model, whose window is now known."""
        try:
            key = (asked.provider.name, asked.request.model if asked.request else "")
            if len(self._windows) >= MODELS:
                self._windows.clear()
            self._windows[key] = self._told_window(asked, said, self._windows.get(key, 0))
            compacted = await self._planned(asked, self._fitting(asked, self._windows[key]))
        except Exception:
            log.exception("a conversation that is too long can't be compacted")
            return None
        return compacted if compacted and compacted.plan.changes else None

    # Thresholds

    def _mode(self, asked: Asked) -> str:
        if asked.hints.context == "full":
            return "off"
        if asked.hints.context == "compact" or asked.hints.threshold:
            return "on"
        return asked.provider.context or self.rules.mode

    def _threshold(self, asked: Asked) -> int:
        """The tokens up to which a request is forwarded, if it has more than these; else 0."""
        assert asked.chained is not None  # noqa: S101 (``may`` said so)
        tokens = asked.chained.end.tokens
        if self._mode(asked) == "on":
            threshold = asked.hints.threshold or asked.provider.token_threshold or self.rules.threshold
            return threshold if tokens > threshold else 0
        if tokens < SMALLEST // 2:
            return 0
        window = self._window(asked)
        return self._fitting(asked, window) if window else 0

    def _window(self, asked: Asked) -> int:
        provider, request = asked.provider, asked.request
        key = (provider.name, request.model if request else "")
        if key not in self._windows:
            if len(self._windows) >= MODELS:
                self._windows.clear()
            name = provider.base_url if provider.name == DEFAULT else provider.name
            self._windows[key] = self.meter.window(key[1], name)
        return self._windows[key]

    def _fitting(self, asked: Asked, window: int) -> int:
        """The threshold that a window leaves to the messages, if they have more; else 0."""
        request, chained = asked.request, asked.chained
        assert request is not None  # noqa: S101
        assert chained is not None  # noqa: S101
        room = min(_room(request).tokens, window // 2)
        limit = int(SHARE * (window - room))
        if chained.end.tokens * 2 <= limit and not (request.tools or request.system):
            return 0
        around = self.meter.offered(request)
        if chained.end.tokens + around <= limit:
            return 0
        step = max(1, window // STEPS)
        around += self._apart(asked)
        return max(SMALLEST // 4, (limit - around) // step * step)

    def _apart(self, asked: Asked) -> int:
        """Tokens of what a threshold doesn't count: leading system text, and the last message."""
        assert asked.request is not None  # noqa: S101
        assert asked.dialect is not None  # noqa: S101
        raws, dialect = asked.request.raws, asked.dialect
        count = self.meter.raw_counter(asked.request.model)
        tokens = 0
        for raw in raws:
            if dialect.role(raw) is not Role.SYSTEM:
                break
            tokens += count(raw, dialect.read_message(raw))
        return tokens + count(raws[-1], dialect.read_message(raws[-1]))

    def _told_window(self, asked: Asked, said: Overlong, known: int) -> int:
        """A window in tokens as they are counted here; a guess where the upstream didn't tell it."""
        assert asked.chained is not None  # noqa: S101
        assert asked.request is not None  # noqa: S101
        ours = asked.chained.end.tokens + self.meter.offered(asked.request)
        told = said.limit * min(1.0, ours / said.used) if said.used else said.limit
        return max(1, int(min(told or ours, known or ours, ours)))

    # Planning

    async def _planned(self, asked: Asked, threshold: int) -> Compacted | None:
        request, chained = asked.request, asked.chained
        if not threshold or request is None or chained is None:
            return None
        budget = Budget(threshold, self.rules.recall, 2 * self.rules.turns)
        name = (threshold, chained.prefix.listed)
        track = self.tracks.get(name) if chained.prefix.length else Track(budget=budget)
        planner = Planner(budget, self.meter.counter(request.model))
        heards = [_heard(linked) for linked in chained.links]
        if track is None or (len(heards) > MANY and not track.length):
            if track is None:
                track, heards = Track(budget=budget), [*await self._before(asked), *heards]
            planner = replace(planner, known=await self._known(heards, threshold))
        ends = [(stop.listed, stop.links + len(heards) - len(chained.links)) for stop in chained.stops]
        way = _Way(planner, track, heards, [*ends, (chained.end.listed, len(heards))])
        followed, plan = await asyncio.to_thread(way.planned) if way.is_long else way.planned()
        for listed, one in followed.items():
            self.tracks.put((threshold, listed), one)
        closed, before = followed[chained.end.listed].closed, track.closed
        closing = closed.closing if closed and (before is None or before.closing != closed.closing) else None
        return self._made(asked, request, plan, closing)

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

    async def _known(self, heards: Sequence[Heard], threshold: int) -> Callable[[bytes, int], Closing | None]:
        """The latest closing of this history that is stored."""
        digests = [heard.digest for heard in reversed(heards) if heard.digest]
        async with asyncio.timeout(FIND_SECONDS):
            found = await self.find(digests, threshold)
        closing = closing_of(found) if found else None

        def known(digest: bytes, _: int) -> Closing | None:
            return closing if closing and closing.digest == digest else None

        return known

    def _made(self, asked: Asked, request: Request, plan: Plan, closing: Closing | None) -> Compacted | None:
        if not plan.changes:
            return Compacted(asked, plan) if plan.exceeds else None
        assert asked.dialect is not None  # noqa: S101
        rewrite = rewriting(asked.dialect)
        assert rewrite is not None  # noqa: S101
        content = rewrite(b"", request, plan)
        if not content:  # it can't be done in this one
            return None
        return Compacted(replace(asked, content=content, packed=False, compacted=True), plan, closing)


@dataclass(frozen=True, slots=True)
class _Way:
    """Messages to be followed, and the ``ends`` of lists on the way, by name and number of messages."""

    planner: Planner
    track: Track
    heards: Sequence[Heard]
    ends: Sequence[tuple[bytes, int]]

    @property
    def is_long(self) -> bool:
        """Whether others should not have to wait for it."""
        return len(self.heards) > MANY or self.track.length > LONG

    def planned(self) -> tuple[dict[bytes, Track], Plan]:
        """The tracks at all ends, and the plan at the last."""
        track, start = self.track, 0
        followed: dict[bytes, Track] = {}
        for name, end in self.ends:
            track = followed[name] = self.planner.follow(track, self.heards[start:end])
            start = end
        return followed, self.planner.plan(track)


def _heard(linked: Linked) -> Heard:
    return Heard(linked.message, linked.tokens, linked.digest)


def _room(request: Request) -> Room:
    try:
        return msgspec.json.decode(request.before + request.after, type=Room)
    except REFUSALS:
        return Room()
