"""Tracks: a conversation as the planner follows it, message by message, and when its segments close.

When a segment closes is a function of the messages before, of nothing else: whoever follows the same history comes to
the same track, whichever of its requests were seen. Segments close in blocks; between two closings only the tail grows.
A cut falls neither between a call and its result nor between reasoning and what it led to. Pure values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from proxy import ledger
from proxy.density import rarity
from proxy.messages import Message, Role
from proxy.recall import Meaning, Passage, Shelf
from proxy.segments import Segment, close, record_of, settle
from proxy.shares import RECALL_MOST, TALK, Budget, Shares
from proxy.units import Count, Unit, ranked, shortened

if TYPE_CHECKING:
    from proxy.notes import Note

POOL = 1.5
"""The densest sentences are kept up to so many times what can be recalled; twice as many wait to be chosen from."""
SMALL = 20
"""A first message of at most this part of the threshold stands before the record as it is."""
REQUEST = 8
"""Of a request that is being worked on and was closed, this part of the threshold."""
SYSTEMS = 8
"""So many late system messages stay: agents send reminders without end."""
FRAME = 4
"""Tokens of a message's frame."""


NOTHING = Budget(0)


class Heard(msgspec.Struct, frozen=True):
    """One message of a request: what it says, its tokens, and the digest there (empty for a system message)."""

    message: Message
    tokens: int
    digest: bytes = b""


class Closing(msgspec.Struct, frozen=True):
    """What a closing leads to: everything before ``cut`` is in ``segments``, and ``head`` stands in its place.

    ``digest`` names the closed history, ``at`` is the position of the message that made it close. ``systems`` are the
    positions of the late system messages among what was closed: they stay, as they are.
    """

    digest: bytes
    cut: int
    at: int
    threshold: int
    segments: tuple[Segment, ...]
    head: str
    tokens: int
    systems: tuple[int, ...] = ()


Known = Callable[[bytes, int], Closing | None]
"""The closing stored for a digest and a threshold."""


def unknown(digest: bytes, threshold: int) -> Closing | None:
    """A store that holds nothing."""
    return None


Written = Callable[[Segment], Segment]
"""A segment as a model wrote it, where one did; else the segment itself."""


def unwritten(segment: Segment) -> Segment:
    """No model wrote anything."""
    return segment


@dataclass(frozen=True, slots=True)
class Closed:
    """What was closed: the closing, and what can be found in it. ``notes`` remembers what was chosen since, ``sizes``
    the tokens of the texts that stand in every plan."""

    closing: Closing
    shelf: Shelf
    pool: tuple[Unit, ...]
    shares: Shares = TALK
    notes: dict[bytes, tuple[Note, bool]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def size(self, text: str, count: Count) -> int:
        """The tokens of such a text."""
        if text not in self.sizes:
            self.sizes[text] = count(text)
        return self.sizes[text]


class Track(msgspec.Struct, frozen=True):
    """A history up to ``length``: its leading system messages, what is closed, and the ``tail`` after that.

    ``total`` and ``tools`` are tokens: of all that is no leading system text, and of calls with their results.
    """

    budget: Budget = NOTHING
    length: int = 0
    lead: int = 0
    total: int = 0
    tools: int = 0
    tail: tuple[Heard, ...] = ()
    tail_tokens: int = 0
    first: str = ""
    latest: str = ""
    closed: Closed | None = None

    @property
    def cut(self) -> int:
        """The position of the tail's first message."""
        return self.length - len(self.tail)


class Tracker(msgspec.Struct, frozen=True):
    """Follows histories under one budget."""

    budget: Budget
    count: Count
    known: Known = unknown
    written: Written = unwritten
    meaning: Meaning | None = None

    def follow(self, track: Track, heards: Iterable[Heard]) -> Track:
        """The track with more messages."""
        for heard in heards:
            track = self._step(track, heard)
        return track

    def _step(self, track: Track, heard: Heard) -> Track:
        message = heard.message
        if message.role is Role.SYSTEM and track.length == track.lead:
            return replace(track, length=track.length + 1, lead=track.lead + 1)
        track = self._settled(track, message)
        user = message.role is Role.USER
        of_tools = bool(message.tool_calls) or message.role is Role.TOOL
        return replace(
            track,
            length=track.length + 1,
            total=track.total + heard.tokens,
            tools=track.tools + heard.tokens * of_tools,
            tail=(*track.tail, heard),
            tail_tokens=track.tail_tokens + heard.tokens,
            first=track.first or (message.text if user else ""),
            latest=message.text if user else track.latest,
        )

    def _settled(self, track: Track, coming: Message) -> Track:
        """The track as the next message finds it."""
        if track.total <= self.budget.threshold:
            return track
        shares = self.budget.shares(track.tools, track.total)
        recent = self.budget.recent(shares)
        if track.closed is not None and track.tail_tokens <= recent:
            return track
        going = self._going(track, coming, recent, int(recent * (1 - shares.block)))
        return self._close(track, going, shares, coming) if going else track

    def _going(self, track: Track, coming: Message, recent: int, keep: int) -> int:
        """How many messages of the tail close; those that shall be kept are, where what is left then still fits."""
        if self.budget.keep:
            most = len(track.tail) + 1 - self.budget.keep
            going = _going(track, coming, keep, most)
            if going and sum(heard.tokens for heard in track.tail[going:]) <= recent:
                return going
        return _going(track, coming, keep, len(track.tail))

    def _close(self, track: Track, going: int, shares: Shares, coming: Message) -> Track:
        closed = track.closed or Closed(Closing(b"", track.lead, 0, 0, (), "", 0), Shelf(meaning=self.meaning), ())
        count = cache(self.count)
        leaves = self._leaves(track.tail[:going], int(self.budget.recent(shares) * shares.block))
        shelf = closed.shelf
        for start, end in leaves:
            shelf = shelf.with_passages(_passages(track, start, end, count))
        reader = ledger.Reader(rarity(shelf.frequency, shelf.passages), count)
        units = [
            [unit for at in range(start, end) for unit in reader.units(track.tail[at].message, track.cut + at)]
            for start, end in leaves
        ]
        pool = (*closed.pool, *(unit for leaf in units for unit in leaf))
        room = int(POOL * min(self.budget.threshold, RECALL_MOST))
        if sum(unit.tokens for unit in pool) > 2 * room:
            pool = ranked(pool, room)
        rest = track.tail[going:]
        after = replace(track, tail=rest, tail_tokens=sum(heard.tokens for heard in rest))
        digest = _digest(track.tail[:going]) or closed.closing.digest
        closing = self.known(digest, self.budget.threshold)
        if closing is None:
            segments = self._segments(track, closed.closing, list(zip(leaves, units, strict=True)), shares)
            late = [track.cut + at for at, heard in enumerate(track.tail[:going]) if not heard.digest]
            systems = (*closed.closing.systems, *late)[-SYSTEMS:]
            closing = self._closing(after, digest, segments, coming, systems)
        return replace(after, closed=Closed(closing, shelf, pool, shares, sizes=closed.sizes))

    def _leaves(self, going: Sequence[Heard], size: int) -> list[tuple[int, int]]:
        """Where new segments begin and end: when they hold ``size`` tokens or ``turns`` messages."""
        leaves: list[tuple[int, int]] = []
        start = held = 0
        for end, heard in enumerate(going, 1):
            held += heard.tokens
            if held >= size or end == len(going) or end - start == self.budget.turns:
                leaves.append((start, end))
                start, held = end, 0
        return leaves

    def _segments(
        self, track: Track, before: Closing, leaves: Sequence[tuple[tuple[int, int], list[Unit]]], shares: Shares
    ) -> tuple[Segment, ...]:
        segments = list(map(self.written, before.segments))
        room = self.budget.summary(shares)
        parent = before.digest
        for (start, end), units in leaves:
            digest = _digest(track.tail[start:end]) or parent
            span = (track.cut + start, track.cut + end)
            segments.append(close(digest, parent, span, units, max(1, int(shares.leaf * room)), self.count))
            parent = digest
        return settle(segments, room, shares.fold, self.count)

    def _closing(
        self, track: Track, digest: bytes, segments: tuple[Segment, ...], coming: Message, systems: tuple[int, ...]
    ) -> Closing:
        threshold = self.budget.threshold
        parts = [record_of(segments)]
        if track.first and self.count(track.first) <= threshold // SMALL:
            parts.insert(0, track.first)
        users = [heard for heard in track.tail if heard.message.role is Role.USER]
        if not users and coming.role is not Role.USER and track.latest not in parts:
            parts.append(shortened(track.latest, threshold // REQUEST, self.count))
        head = "\n\n".join(part for part in parts if part)
        return Closing(digest, track.cut, track.length, threshold, segments, head, self.count(head) + FRAME, systems)


def _going(track: Track, coming: Message, keep: int, most: int) -> int:
    """How many messages of the tail close, at most ``most``, so that at most ``keep`` tokens stay where cuts allow it.

    Best before a user's message: then a question goes with its answer.
    """
    left = track.tail_tokens
    first = going = 0
    for number, heard in enumerate(track.tail[: max(0, most)], 1):
        left -= heard.tokens
        following = track.tail[number].message if number < len(track.tail) else coming
        if not is_cut(heard.message, following):
            continue
        going = number
        if left <= keep:
            if following.role is Role.USER and (left >= keep // 2 or not first):
                return number
            first = first or number
    return first or going


def is_cut(before: Message, after: Message) -> bool:
    """Whether a history may be parted between two messages."""
    if after.role not in {Role.USER, Role.ASSISTANT} or before.tool_calls:
        return False
    return before.role in {Role.USER, Role.TOOL, Role.SYSTEM} or bool(before.text or before.refusal)


def _passages(track: Track, start: int, end: int, count: Count) -> list[Passage]:
    places = range(start, end)
    return [one for at in places for one in ledger.passages(track.tail[at].message, track.cut + at, count)]


def _digest(heards: Sequence[Heard]) -> bytes:
    return next((heard.digest for heard in reversed(heards) if heard.digest), b"")
