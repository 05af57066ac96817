"""Notes: the recalled passages in front of what a user says, chosen once a turn.

A question gets all the room there is; what asks nothing, a little; a message with no words of its own to seek by, what
the previous turns lead to and the densest sentences. A note stays where it was put until a closing, or until a later
one needs its room: what stands in it isn't recalled again. Pure: what a track remembers of notes changes their cost
only.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from proxy.density import is_question
from proxy.fences import BRIDGE, recalled
from proxy.messages import Role
from proxy.recall import Passage, shown
from proxy.shares import RECALL_MOST, Budget
from proxy.tracks import FRAME, Closed, Track
from proxy.units import Count, ranked

LABEL = 2
"""Tokens of a sentence's label, more or less."""
LEAST = 60
"""Tokens; with less room, there is no note."""
DENSE = 0.95
"""The part of a note with nothing to ask for that goes to the densest sentences."""
PREVIOUS = 3
SHORTER = 0.2
"""Of passages that score alike, the shorter goes first: by so much of a power of its length."""
SHORT = 30
"""Tokens; no more passages are sought than would fit if they were as short as this."""
LONG = 100
"""Tokens; at least so many go with each passage that is left out."""
SENTENCES = 1_000_000
"""Places from here on are those of sentences, not of passages."""


class Note(msgspec.Struct, frozen=True):
    """Text in front of the own text of message ``at``."""

    at: int
    text: str
    tokens: int
    passages: tuple[Passage, ...] = ()


def notes(track: Track, closed: Closed, budget: Budget, count: Count) -> tuple[Note, ...]:
    """The notes in a track's tail, the last one for the turn that is going on."""
    chooser = _Chooser(closed, budget, count)
    kept: tuple[Note, ...] = ()
    for number in _turns(track, closed):
        key = track.tail[number].digest
        known = closed.notes.get(key)
        if known is None:
            known = closed.notes[key] = _next(track, number, kept, chooser)
        note, alone = known
        kept = (note,) if alone else (*kept, note)
    return _fitted(track, tuple(note for note in kept if note.text), chooser)


def _fitted(track: Track, kept: tuple[Note, ...], chooser: _Chooser) -> tuple[Note, ...]:
    """The notes if the tail leaves room for them; else the latest, without what only fitted at first."""
    free = chooser.free - track.tail_tokens + track.tail[-1].tokens
    if not kept or sum(note.tokens for note in kept) <= free:
        return kept
    note = chooser.note(kept[-1].at, kept[-1].passages, chooser.sure)
    return (note,) if note.text and note.tokens <= free else ()


def _turns(track: Track, closed: Closed) -> list[int]:
    """The users' messages that have notes: those since the closing, else the last; of several in a row, the last."""
    tail = track.tail
    asked = [
        number
        for number, heard in enumerate(tail)
        if heard.message.role is Role.USER
        and (number + 1 == len(tail) or tail[number + 1].message.role is not Role.USER)
    ]
    since = [number for number in asked if track.cut + number >= closed.closing.at]
    return since or asked[-1:]


def _next(track: Track, number: int, kept: Sequence[Note], chooser: _Chooser) -> tuple[Note, bool]:
    """A turn's note, and whether those before it must go."""
    room = chooser.room(track, number)
    wanted = chooser.wanted(track, number, room)
    visible = {passage[:2] for note in kept for passage in note.passages}
    fresh = tuple(passage for passage in wanted if passage[:2] not in visible)
    held = sum(note.tokens for note in kept)
    if kept and held + chooser.fence + _tokens(fresh) > room:
        return chooser.note(track.cut + number, wanted, room), True
    return chooser.note(track.cut + number, fresh, room - held), False


class _Chooser:
    """Chooses passages for one closed history. ``free`` is what neither the head nor the bridge takes, ``sure`` what
    of that stays free until the next closing; ``fence`` are the tokens of what stands around the passages."""

    __slots__ = ("_closed", "_count", "fence", "free", "sure")

    def __init__(self, closed: Closed, budget: Budget, count: Count) -> None:
        self._closed, self._count, self.fence = closed, count, closed.size(recalled(""), count)
        self.free = budget.threshold - closed.closing.tokens - FRAME - closed.size(BRIDGE, count)
        self.sure = self.free - budget.recent(closed.shares)

    def room(self, track: Track, number: int) -> int:
        """Tokens for all notes: what is sure, or, to talk, what is free now."""
        now = self.free - sum(heard.tokens for heard in track.tail[:number])
        return min(RECALL_MOST, max(self.sure, now) if self._closed.shares.roomy else self.sure)

    def wanted(self, track: Track, number: int, room: int) -> list[Passage]:
        """What the turn asks for, as much as fits."""
        text = track.tail[number].message.text
        found = self._found(text, room if is_question(text) else int(room * self._closed.shares.casual))
        if found is not None:
            return found
        previous = " ".join(heard.message.text for heard in track.tail[max(0, number - PREVIOUS) : number])
        few = self._found(previous, int(room * (1 - DENSE))) or []
        return self._fitting([*few, *self._densest(room)], room)

    def note(self, at: int, passages: Sequence[Passage], room: int) -> Note:
        """The passages as they stand in the prompt, without the last ones where the estimate was too low."""
        while passages:
            text = recalled(shown(passages))
            if (tokens := self._measured(text, passages)) <= room:
                return Note(at, text, tokens, tuple(passages))
            passages = passages[: -max(1, (tokens - room) // LONG)]
        return Note(at, "", 0)

    def _measured(self, text: str, passages: Sequence[Passage]) -> int:
        """The tokens of a note: those of its lines, which were counted before; only sentences' are estimates."""
        if any(passage.place >= SENTENCES for passage in passages):
            return self._count(text)
        return self.fence + _tokens(passages)

    def _found(self, text: str, room: int) -> list[Passage] | None:
        """What the words of a text lead to, as much as fits; None if they lead nowhere."""
        hits = self._closed.shelf.search(text, max(1, room // SHORT))
        return self._fitting(_ordered(hits), room) if hits else None

    def _fitting(self, offered: Sequence[Passage], room: int) -> list[Passage]:
        """The first of them that fit."""
        taken: list[Passage] = []
        room -= self.fence
        for passage in offered if room >= LEAST else ():
            if passage.tokens <= room:
                taken.append(passage)
                room -= passage.tokens
        return taken

    def _densest(self, room: int) -> list[Passage]:
        """The densest sentences, without those that the record holds already."""
        closing = self._closed.closing
        summaries = "\n".join(segment.text for segment in closing.segments)
        return [
            Passage(unit.at, SENTENCES + unit.place, unit.role, unit.text, unit.tokens + LABEL)
            for unit in ranked(self._closed.pool, room + closing.tokens)
            if unit.text not in summaries
        ]


def _tokens(passages: Sequence[Passage]) -> int:
    return sum(passage.tokens for passage in passages)


def _ordered(hits: Sequence[tuple[float, Passage]]) -> list[Passage]:
    def worth(hit: tuple[float, Passage]) -> tuple[float, int, int]:
        score, passage = hit
        return -score / (passage.tokens + 10) ** SHORTER, -passage.at, passage.place

    return [passage for _, passage in sorted(hits, key=worth)]
