"""A reflection over what a store holds: reads the entries, counts their phrases in the store, lets the core think."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from importlib import resources
from typing import NamedTuple

import msgspec

from proxy.reflection.entries import Entry, Tool
from proxy.reflection.report import Reflection, reflection
from proxy.reflection.topics import Candidate, candidates, topics
from proxy.reflection.words import StopWords, stop_words
from proxy.shapes.spelling import share, uuid
from storage.inquiries import EntryRow, ToolRow
from storage.ports import Store

KNOWN = 16
COUNTED = 2_000
STALE = 100
"""A count holds until the store has grown or shrunk by one part in so many: a topic's weight is then off by less."""


@dataclass(frozen=True, slots=True)
class Span:
    """What to reflect on: up to so many of the latest entries within a span of time; 0 is no bound."""

    limit: int = 30
    since: int = 0
    until: int = 0


class Held(NamedTuple):
    """How many texts held a phrase, of how many there were."""

    texts: int
    of: int


@dataclass(frozen=True, slots=True)
class Reflector:
    """Reflects with the settings, and remembers the latest: as long as no other entry ended, nothing else is seen.

    How many texts hold a phrase is remembered for longer: in a large store that takes long to count and hardly changes.
    """

    store: Store
    threshold: float
    stops: StopWords | None = None
    """Those that come with the package, unless others are given."""
    known: dict[bytes, Reflection] = field(default_factory=dict)
    counted: dict[tuple[bytes | None, str], Held] = field(default_factory=dict)

    async def reflect(self, owner: bytes | None, span: Span) -> Reflection:
        """Over an owner's entries, or everyone's."""
        rows = await self.store.entries(owner, span.limit, span.since, span.until)
        key = blake2b(msgspec.msgpack.encode((owner, rows)), digest_size=16).digest()
        if key in self.known:
            return self.known[key]
        entries, found = await asyncio.to_thread(self._read, rows)  # of a thousand entries it takes a second
        texts, holding = await self._counts([each.phrase for each in found], owner)
        seen = topics(found, len(entries), texts, holding)
        told = await asyncio.to_thread(reflection, entries, seen, self.threshold)
        if len(self.known) >= KNOWN:
            self.known.clear()
        self.known[key] = told
        return told

    async def _counts(self, phrases: Sequence[str], owner: bytes | None) -> tuple[int, Sequence[int]]:
        """How many texts there are, and how many hold each phrase."""
        held = {each: self.counted[owner, each] for each in phrases if (owner, each) in self.counted}
        texts = await self._count([each for each in phrases if each not in held], owner, held)
        stale = [each for each in phrases if abs(texts - held[each].of) * STALE > texts]
        if stale:
            texts = await self._count(stale, owner, held)
        return texts, [held[each].texts for each in phrases]

    async def _count(self, phrases: Sequence[str], owner: bytes | None, into: dict[str, Held]) -> int:
        texts, holding = await self.store.word_counts(phrases, owner)
        counts = {each: Held(held, texts) for each, held in zip(phrases, holding, strict=True)}
        into |= counts
        if len(self.counted) >= COUNTED:
            self.counted.clear()
        self.counted.update(((owner, each), held) for each, held in counts.items())
        return texts

    def _read(self, rows: Sequence[EntryRow]) -> tuple[list[Entry], list[Candidate]]:
        if not rows:
            return [], []
        entries = [entry_of(row) for row in rows]
        texts = [f"{entry.question}\n{entry.answer}" for entry in entries]
        return entries, candidates(texts, self.stops or shipped_stop_words())


@cache
def shipped_stop_words() -> StopWords:
    """The stop words that come with the package."""
    return stop_words((resources.files("proxy.reflection") / "stopwords.txt").read_text(encoding="utf-8"))


def entry_of(row: EntryRow) -> Entry:
    """A stored exchange as the core looks at it."""
    return Entry(
        id=uuid(row.id) or "",
        session=uuid(row.session) or "",
        at=row.at,
        micros=row.ended_at - row.at,
        model=row.model,
        status=row.status,
        ending=row.ending,
        finish_reason=row.finish_reason,
        error_type=row.error_type,
        error_code=row.error_code,
        error_message=row.error_message,
        tokens=row.tokens,
        cost=row.cost,
        confidence=share(row.confidence),
        retry=bool(row.retry),
        question=row.question,
        answer=row.answer,
        tools=tuple(map(_tool, row.tools)),
    )


def _tool(row: ToolRow) -> Tool:
    micros = row.returned_at - row.called_at if row.returned_at else None
    return Tool(row.name, row.ok, micros, row.said)
