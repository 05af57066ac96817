"""What to forward of a conversation that has outgrown its threshold: the plan. Deterministic and pure.

In this order: the client's system text; one user message with the record of what is closed; recent messages verbatim,
with what was recalled in front of what the user says. A plan names positions in the request's list and texts; a
dialect makes bytes of it. Under the threshold a plan forwards everything, and costs a look at the sum.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import msgspec
from msgspec.structs import replace

from proxy.fences import BRIDGE, OMITTED, SHORTENED
from proxy.memory import Tracks
from proxy.messages import Role
from proxy.notes import notes
from proxy.plans import Clip, Insert, Plan
from proxy.recall import Meaning
from proxy.reminders import Carried, carried
from proxy.segments import fold, record_of
from proxy.shares import Budget
from proxy.tracks import FRAME, Closed, Closing, Heard, Known, Track, Tracker, Written, unknown, unwritten
from proxy.units import Count

STEPS = 8
"""A record that doesn't fit loses whole steps of its room: so it stays the same for some turns."""


class Planner(msgspec.Struct, frozen=True):
    """Plans the requests of one budget. ``count`` counts a text's tokens, ``known`` finds stored closings,
    ``written`` what models wrote of segments; ``meaning`` helps recall where it is known."""

    budget: Budget
    count: Count
    known: Known = unknown
    written: Written = unwritten
    meaning: Meaning | None = None

    def follow(self, track: Track, heards: Sequence[Heard]) -> Track:
        """A track with the messages that follow it."""
        return Tracker(self.budget, self.count, self.known, self.written, self.meaning).follow(track, heards)

    def resume(self, tracks: Tracks, heards: Sequence[Heard]) -> Track:
        """The track of a whole list, from the latest place in it that is remembered."""
        systems = tuple(at for at, heard in enumerate(heards) if not heard.digest)
        for length in range(len(heards), 0, -1):
            while systems and systems[-1] >= length:
                systems = systems[:-1]
            digest = heards[length - 1].digest
            track = tracks.get((self.budget.threshold, digest, length, systems)) if digest else None
            if track is not None and track.budget == self.budget:
                return self.follow(track, heards[length:])
        return self.follow(Track(budget=self.budget), heards)

    def name(self, heards: Sequence[Heard]) -> Hashable:
        """The name under which the track of a whole list is remembered."""
        systems = tuple(at for at, heard in enumerate(heards) if not heard.digest)
        return self.budget.threshold, heards[-1].digest if heards else b"", len(heards), systems

    def plan(self, track: Track) -> Plan:
        """The plan of a request whose list the track has followed to its end."""
        closed = track.closed
        last = track.tail[-1].tokens if track.tail else 0
        room = self.budget.threshold - (track.tail_tokens - last)
        if closed is None:
            return self._whole(track, last, room)
        late = carried(track, self.count)
        room -= late.tokens
        opens = track.tail[0].message.role is Role.USER
        bridge = FRAME + closed.size(BRIDGE, self.count) if opens else 0
        head, tokens = self._head(closed, room - bridge, needed=not opens)
        tokens += bridge if head else 0
        whole = self.budget.recall and head == closed.closing.head
        inserts = notes(track, closed, self.budget, self.count) if whole else ()
        clips, saved = self._clips(track, tokens - room)
        forwarded = track.tail_tokens + late.tokens + tokens - saved
        if forwarded + sum(note.tokens for note in inserts) - last > self.budget.threshold:
            inserts = ()
        forwarded += sum(note.tokens for note in inserts)
        return Plan(
            spans=_spans(track, closed.closing, late),
            head=head,
            bridge=BRIDGE if head and opens else "",
            inserts=(*(Insert(note.at, note.text) for note in inserts), *late.inserts),
            clips=clips,
            closing=closed.closing.digest,
            sent=track.total,
            forwarded=forwarded,
            exceeds=forwarded - last > self.budget.threshold,
            tail=len(late.spans),
            asked=late.asked,
        )

    def _whole(self, track: Track, last: int, room: int) -> Plan:
        """All of it: there is room, or nowhere to cut. Where results are shortened, what the system says late moves."""
        plan = Plan(((0, track.length),), sent=track.total, forwarded=track.total)
        if room >= 0:
            return plan
        late = carried(track, self.count)
        clips, saved = self._clips(track, late.tokens - room)
        if not clips:
            return replace(plan, exceeds=True)
        forwarded = track.total + late.tokens - saved
        lead = ((0, track.lead),) if track.lead else ()
        return replace(
            plan,
            spans=(*lead, *late.front, *late.spans),
            inserts=late.inserts,
            clips=clips,
            forwarded=forwarded,
            exceeds=forwarded - last > self.budget.threshold,
            tail=len(late.spans),
            asked=late.asked,
        )

    def _head(self, closed: Closed, room: int, *, needed: bool) -> tuple[str, int]:
        """The head, or as much of it as fits; a place-holder where the list could not begin without one."""
        closing = closed.closing
        if closing.tokens <= room:
            return closing.head, closing.tokens
        step = max(1, self.budget.summary(closed.shares) // STEPS)
        said = sum(segment.tokens for segment in closing.segments)
        left = said - (closing.tokens - room)
        while (left := left // step * step) > 0:
            head, tokens = self._squeezed(closing, left)
            if tokens <= room:
                return head, tokens
            left -= tokens - room
        tokens = self.count(OMITTED) + FRAME
        return (OMITTED, tokens) if needed or tokens <= room else ("", 0)

    def _squeezed(self, closing: Closing, room: int) -> tuple[str, int]:
        """The head with less room than its segments take: the oldest are folded into what the others leave."""
        before, _, after = closing.head.partition(record_of(closing.segments))
        oldest = len(closing.segments)
        while room > (tokens := closing.segments[oldest - 1].tokens):
            oldest, room = oldest - 1, room - tokens
        folded = fold(closing.segments[:oldest], room, self.count)
        head = f"{before}{record_of([folded, *closing.segments[oldest:]])}{after}"
        return head, self.count(head) + FRAME

    def _clips(self, track: Track, over: int) -> tuple[tuple[Clip, ...], int]:
        """Results of the turn that is going on, the longest first, shortened by ``over`` tokens."""
        clips: list[Clip] = []
        saved = 0
        results = [(heard.tokens, at) for at, heard in enumerate(track.tail[:-1]) if heard.message.role is Role.TOOL]
        for _, at in sorted(results, reverse=True):
            if saved >= over:
                break
            text, less = self._clipped(track.tail[at].message.text, over - saved)
            if less > 0:
                clips.append(Clip(track.cut + at, text))
                saved += less
        return tuple(clips), saved

    def _clipped(self, text: str, less: int) -> tuple[str, int]:
        """The beginning and the end of a text, shorter by ``less`` tokens if it has so many, and the tokens saved."""
        tokens = self.count(text)
        keep = len(text) * max(0, tokens - less - self.count(SHORTENED)) // max(1, tokens)
        while True:
            short = text[: keep - keep // 3] + SHORTENED + text[len(text) - keep // 3 :]
            saved = tokens - self.count(short)
            if saved >= less or not keep:
                return short, saved
            keep = keep * 3 // 4


def _spans(track: Track, closing: Closing, late: Carried) -> tuple[tuple[int, int], ...]:
    systems = [(at, at + 1) for at in closing.systems]
    lead = [(0, track.lead)] if track.lead else []
    return (*lead, *systems, *late.front, *late.spans)
