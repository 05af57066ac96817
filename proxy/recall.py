"""Recall: which earlier passages a message asks for, by BM25 with the passages beside as further columns.

A ``Card`` is the frozen index of one closed stretch, a ``Shelf`` the cards of a history, eight merged into one wherever
so many have one size: a word's frequency is a handful of look-ups however long the conversation, a closing adds one
card and shares all others. Knows words and passages; nothing of messages, nor what becomes of what is found.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import chain
from math import log
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

from proxy.scores import BEFORE, Places, Ranked, Scores
from proxy.words import words

FOLD = 8
SATURATION = 1.2
LENGTH = 0.75
LEARNT_FROM = 6
LEARNT = 30
LEARNT_WEIGHT = 0.2
"""The best passages of a first search lend their rare words to a second one: what was meant is said there in others."""
LEARNT_RARITY = 0.2

FUSED = (1.0, 0.6)
"""The weights of what words find, and of what their meaning does."""
RANK = 20
"""From this number on ranks are counted: the greater, the less do the first ones weigh."""
WALKED = 2000
WALKED_LEARNT = 700
"""A search looks at so many places of its words: a question to a conversation of any length takes the same time."""


class Passage(NamedTuple):
    """A message, or a piece of a long one: of which message (``at``), and its ``place`` there. ``tokens`` are those of
    its line, label and end included, as it is shown."""

    at: int
    place: int
    role: str
    text: str
    tokens: int


class Meaning(Protocol):
    """What texts mean, in vectors of which nothing is known here."""

    def vectors(self, texts: Sequence[str]) -> Any:
        """Those of a stretch."""

    def joined(self, several: Sequence[Any]) -> Any:
        """Those of stretches that follow each other."""

    def likeness(self, text: str, several: Sequence[Any]) -> Sequence[float]:
        """How alike to a text each text of some stretches is."""


@dataclass(frozen=True, slots=True)
class Card:
    """Passages in their order, numbered from ``base`` on, with the ``words`` of each; for each word its places; and
    what they mean, if that is known."""

    passages: tuple[Passage, ...]
    words: tuple[tuple[str, ...], ...]
    postings: Mapping[str, Places]
    base: int = 0
    level: int = 0
    vectors: Any = None


def card_of(passages: Sequence[Passage], base: int = 0, meaning: Meaning | None = None) -> Card:
    """Index a closed stretch."""
    counted = [Counter(words(passage.text)) for passage in passages]
    lengths = [sum(times.values()) for times in counted]
    average = max(1.0, sum(lengths) / max(1, len(lengths)))
    postings: dict[str, tuple[list[int], list[float]]] = {}
    for number, (held, length) in enumerate(zip(counted, lengths, strict=True), base):
        norm = SATURATION * (1 - LENGTH + LENGTH * length / average)
        told = {times: times * (SATURATION + 1) / (times + norm) for times in set(held.values())}
        for word, times in held.items():
            numbers, worths = postings.setdefault(word, ([], []))
            numbers.append(number)
            worths.append(told[times])
    places = {word: Places(tuple(one), tuple(two)) for word, (one, two) in postings.items()}
    vectors = meaning.vectors([passage.text for passage in passages]) if meaning else None
    return Card(tuple(passages), tuple(map(tuple, counted)), places, base, vectors=vectors)


def merged(cards: Sequence[Card], meaning: Meaning | None = None) -> Card:
    """One card for several that follow each other."""
    found: dict[str, list[Places]] = {}
    for card in cards:
        for word, places in card.postings.items():
            found.setdefault(word, []).append(places)
    return Card(
        tuple(chain.from_iterable(card.passages for card in cards)),
        tuple(chain.from_iterable(card.words for card in cards)),
        {word: places[0] if len(places) == 1 else _joined(places) for word, places in found.items()},
        cards[0].base,
        cards[-1].level + 1,
        meaning.joined([card.vectors for card in cards]) if meaning else None,
    )


def _joined(places: Sequence[Places]) -> Places:
    numbers = chain.from_iterable(one.numbers for one in places)
    return Places(tuple(numbers), tuple(chain.from_iterable(one.told for one in places)))


@dataclass(frozen=True, slots=True)
class Shelf:
    """The index of all that is closed, and the number of its passages. ``counted`` remembers frequencies."""

    cards: tuple[Card, ...] = ()
    passages: int = 0
    meaning: Meaning | None = None
    counted: dict[str, int] = field(default_factory=dict)

    def with_passages(self, passages: Sequence[Passage]) -> Shelf:
        """The shelf with one more stretch."""
        card = card_of(passages, self.passages, self.meaning)
        cards = [*self.cards, card]
        while len(cards) >= FOLD and cards[-FOLD].level == cards[-1].level:
            cards[-FOLD:] = [merged(cards[-FOLD:], self.meaning)]
        counted = dict(self.counted)
        for word in counted.keys() & card.postings.keys():
            counted[word] += len(card.postings[word].numbers)
        return Shelf(tuple(cards), self.passages + len(passages), self.meaning, counted)

    def frequency(self, word: str) -> int:
        """How many passages hold a word."""
        found = self.counted.get(word)
        if found is None:
            found = sum([len(card.postings[word].numbers) for card in self.cards if word in card.postings])
            if found:  # what was never said here isn't kept
                self.counted[word] = found
        return found

    def search(self, query: str, most: int) -> list[tuple[float, Passage]]:
        """The passages that the words of a query lead to, the best first; of equals the later. Where these find
        anything, what it means is sought, too."""
        known = dict.fromkeys(words(query), 1.0)
        scores = Scores(self.passages)
        self._score(known, scores, WALKED)
        self._score(self._learnt(scores.best(LEARNT_FROM), known), scores, WALKED_LEARNT)
        found = scores.spread(most)
        if found and self.meaning:
            found = nlargest(most, _fused(found, self._meant(query, self.meaning, most)))
        holding = zip(found, self._holding(found), strict=True)
        return [(score, card.passages[number - card.base]) for (score, number), card in holding]

    def _meant(self, query: str, meaning: Meaning, most: int) -> Ranked:
        """The passages that are most like a query, and of those alike before them."""
        alike = meaning.likeness(query, [card.vectors for card in self.cards])
        scores = (own + BEFORE * one for own, one in zip(alike, (0.0, *alike), strict=False))
        return nlargest(most, ((score, number) for number, score in enumerate(scores)))

    def _learnt(self, hits: Ranked, known: Mapping[str, float]) -> dict[str, float]:
        """Words that the best passages share and few others have, with their weights."""
        told: dict[str, float] = {}
        for (score, number), card in zip(hits, self._holding(hits), strict=True):
            for word in card.words[number - card.base]:
                told[word] = told.get(word, 0.0) + score
        rare = max(2.0, LEARNT_RARITY * self.passages)
        counted = [(word, worth, self.frequency(word)) for word, worth in told.items() if word not in known]
        learnt = [(word, worth * log(self.passages / found)) for word, worth, found in counted if 1 < found < rare]
        learnt.sort(key=itemgetter(1), reverse=True)
        return {word: LEARNT_WEIGHT * worth / learnt[0][1] for word, worth in learnt[:LEARNT]}

    def _score(self, weights: Mapping[str, float], scores: Scores, most: int) -> None:
        """Add what words tell of the passages that hold them; the rarest first, until enough was looked at."""
        walked = 0
        held = [card.postings for card in self.cards]
        for found, word in sorted([(self.frequency(word), word) for word in weights]):
            walked += found
            if walked > most:
                return
            rarity = weights[word] * log(1 + (self.passages - found + 0.5) / (found + 0.5))
            scores.add(rarity, [postings[word] for postings in held if word in postings])

    def _holding(self, ranked: Ranked) -> list[Card]:
        """The cards that hold passages with their numbers."""
        bases = [card.base for card in self.cards]
        return [self.cards[bisect_right(bases, number) - 1] for _, number in ranked]


def _fused(*found: Ranked) -> Ranked:
    """Several findings as one: each passage by its ranks in them."""
    ranked: defaultdict[int, float] = defaultdict(float)
    for weight, one in zip(FUSED, found, strict=True):
        for rank, (_, number) in enumerate(one, RANK):
            ranked[number] += weight / rank
    return [(score, number) for number, score in ranked.items()]


def shown(passages: Iterable[Passage]) -> str:
    """Passages as text, in the order of the talk: one line for each message."""
    lines: list[str] = []
    said = None
    for at, _, role, text, _ in sorted(passages):
        if (at, role) == said:
            lines[-1] += f" {text}"
        else:
            lines.append(line(role, text))
            said = at, role
    return "\n".join(lines)


def line(role: str, text: str) -> str:
    """What somebody said."""
    return f"{role}: {text}" if role else text
