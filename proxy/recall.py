"""Recall: which earlier passages a message asks for, by BM25 with the passages beside as further columns.

A ``Card`` is the frozen index of one closed stretch, a ``Shelf`` the cards of a history, eight merged into one wherever
so many have one size: a word's frequency is a handful of look-ups however long the conversation, a closing adds one
card and shares all others. Knows words and passages; nothing of messages, nor what becomes of what is found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import groupby
from math import log
from typing import NamedTuple

from proxy.words import words

FOLD = 8
BEFORE = 0.5
"""The weight of the passage before: a question's words find its answer."""
NEAR = 0.1
"""The weight of the passage after, and of the one before the last: a subject goes on for some turns."""
SATURATION = 1.2
LENGTH = 0.75
LEARNT_FROM = 10
LEARNT = 30
LEARNT_WEIGHT = 0.2
"""The best passages of a first search lend their rare words to a second one: what was meant is said there in others."""
LEARNT_RARITY = 0.2

CROWDED = 2000
COMMON = 0.1
"""Among so many passages, a word in more than this share of them costs more time than it tells."""


class Passage(NamedTuple):
    """A message, or a piece of a long one: of which message (``at``), and its ``place`` there."""

    at: int
    place: int
    role: str
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Card:
    """Passages in their order, and for each word where it stands and how much it says there.

    That is the times it stands there, saturating, and less in a long passage than in one that is short for its stretch.
    """

    passages: tuple[Passage, ...]
    postings: Mapping[str, tuple[tuple[int, float], ...]]
    level: int = 0


def card_of(passages: Sequence[Passage]) -> Card:
    """Index a closed stretch."""
    counted = [Counter(words(passage.text)) for passage in passages]
    lengths = [sum(times.values()) for times in counted]
    average = max(1.0, sum(lengths) / max(1, len(lengths)))
    postings: dict[str, list[tuple[int, float]]] = {}
    for number, held in enumerate(counted):
        norm = SATURATION * (1 - LENGTH + LENGTH * lengths[number] / average)
        for word, times in held.items():
            postings.setdefault(word, []).append((number, times * (SATURATION + 1) / (times + norm)))
    return Card(tuple(passages), {word: tuple(places) for word, places in postings.items()})


def merged(cards: Sequence[Card]) -> Card:
    """One card for several that follow each other."""
    postings: dict[str, list[tuple[int, float]]] = {}
    base = 0
    for card in cards:
        for word, places in card.postings.items():
            postings.setdefault(word, []).extend((number + base, told) for number, told in places)
        base += len(card.passages)
    return Card(
        tuple(passage for card in cards for passage in card.passages),
        {word: tuple(places) for word, places in postings.items()},
        cards[-1].level + 1,
    )


@dataclass(frozen=True, slots=True)
class Shelf:
    """The index of all that is closed, and the number of its passages."""

    cards: tuple[Card, ...] = ()
    passages: int = 0

    def with_card(self, card: Card) -> Shelf:
        """The shelf with one more stretch."""
        cards = [*self.cards, card]
        while len(cards) >= FOLD and cards[-FOLD].level == cards[-1].level:
            cards[-FOLD:] = [merged(cards[-FOLD:])]
        return Shelf(tuple(cards), self.passages + len(card.passages))

    def frequency(self, word: str) -> int:
        """How many passages hold a word."""
        return sum(len(card.postings[word]) for card in self.cards if word in card.postings)

    def search(self, query: Iterable[str], most: int) -> list[tuple[float, Passage]]:
        """The passages that the words of a query lead to, the best first; of equals the later."""
        known = dict.fromkeys(query, 1.0)
        scores = [0.0] * self.passages
        self._score(known, scores)
        self._score(self._learnt(self._best(scores, LEARNT_FROM), known), scores)
        return self._best(_spread(scores), most)

    def _learnt(self, hits: Sequence[tuple[float, Passage]], known: Mapping[str, float]) -> dict[str, float]:
        """Words that the best passages share and few others have, with their weights."""
        told: dict[str, float] = {}
        rare = max(2.0, LEARNT_RARITY * self.passages)
        for score, passage in hits:
            for word in dict.fromkeys(words(passage.text)):
                told[word] = told.get(word, 0.0) + score
        for word in list(told):
            found = self.frequency(word) if word not in known else 0
            told[word] *= log(self.passages / found) if 1 < found < rare else 0.0
        best = nlargest(LEARNT, told.items(), key=_second)
        return {word: LEARNT_WEIGHT * worth / best[0][1] for word, worth in best if worth}

    def _best(self, scores: Sequence[float], most: int) -> list[tuple[float, Passage]]:
        best = nlargest(most, zip(scores, range(self.passages), strict=False))
        return [(score, self._at(number)) for score, number in best if score]

    def _score(self, weights: Mapping[str, float], scores: list[float]) -> None:
        common = COMMON * self.passages if self.passages > CROWDED else self.passages
        for word, weight in weights.items():
            found = self.frequency(word)
            if not 0 < found <= common:
                continue
            rarity = weight * log(1 + (self.passages - found + 0.5) / (found + 0.5))
            base = 0
            for card in self.cards:
                for number, told in card.postings.get(word, ()):
                    scores[base + number] += rarity * told
                base += len(card.passages)

    def _at(self, number: int) -> Passage:
        for card in self.cards:
            if number < len(card.passages):
                return card.passages[number]
            number -= len(card.passages)
        raise IndexError(number)


def _spread(scores: Sequence[float]) -> list[float]:
    """Each passage's score with its neighbours'."""
    before = (0.0, *scores)
    second = (0.0, *before)
    after = (*scores[1:], 0.0)
    return [
        own + BEFORE * one + NEAR * (two + next_)
        for own, one, two, next_ in zip(scores, before, second, after, strict=False)
    ]


def _second(item: tuple[str, float]) -> float:
    return item[1]


def shown(passages: Iterable[Passage]) -> str:
    """Passages as text, in the order of the talk: one line for each message."""
    lines = []
    for (_, role), group in groupby(sorted(passages), key=lambda passage: (passage.at, passage.role)):
        text = " ".join(passage.text for passage in group)
        lines.append(f"{role}: {text}" if role else text)
    return "\n".join(lines)
