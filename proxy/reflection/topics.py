"""What the entries keep coming back to: phrases weighed against all that was ever recorded. Pure.

A topic weighs as many entries as hold it times how rare it is in the store (TF-IDF over entries); the log-likelihood
ratio (Dunning) tells whether the entries hold it more often than the store does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from proxy.reflection.words import StopWords, phrases

CANDIDATES = 80
MOST = 10
LETTERS = 5_000
"""So much of the beginning of a text is looked at."""
SIGNIFICANT = 6.63
"""The 1 % level of chi-squared with one degree of freedom."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A phrase, and how many entries hold it."""

    phrase: str
    entries: int


@dataclass(frozen=True, slots=True)
class Topic:
    """A phrase that recurs. ``rising`` says that it is commoner in these entries than in the whole store."""

    phrase: str
    entries: int
    weight: float
    rising: bool


def candidates(texts: Sequence[str], stops: StopWords) -> list[Candidate]:
    """Phrases that more than one text holds; a part of a longer one only where it also stands without it."""
    counts: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        counts.update(phrases(text[:LETTERS], stops))
    recurring = {phrase: count for phrase, count in counts.items() if count > 1}
    longest = sorted(recurring, key=lambda phrase: (-recurring[phrase], -len(" ".join(phrase)), phrase))
    kept: list[tuple[str, ...]] = []
    for phrase in longest[: 20 * CANDIDATES]:
        if not any(_holds(other, phrase) and recurring[other] == recurring[phrase] for other in kept):
            kept.append(phrase)
        if len(kept) == CANDIDATES:
            break
    return [Candidate(" ".join(phrase), recurring[phrase]) for phrase in kept]


def _holds(whole: tuple[str, ...], part: tuple[str, ...]) -> bool:
    return f" {' '.join(part)} " in f" {' '.join(whole)} " or (len(whole) == len(part) == 1 and part[0] in whole[0])


def topics(found: Sequence[Candidate], entries: int, texts: int, holding: Sequence[int]) -> list[Topic]:
    """The weightiest: ``texts`` are in the store, ``holding`` of them hold each candidate."""
    weighed = [
        Topic(
            each.phrase,
            each.entries,
            round(each.entries * log(1 + max(texts, entries) / max(held, each.entries)), 3),
            _keyness(each.entries, entries, max(held, each.entries), max(texts, entries)) >= SIGNIFICANT,
        )
        for each, held in zip(found, holding, strict=True)
    ]
    weighed.sort(key=lambda topic: (-topic.weight, topic.phrase))
    chosen: list[Topic] = []
    for topic in weighed:
        words = set(topic.phrase.split())
        if len(chosen) < MOST and not any(words & set(other.phrase.split()) for other in chosen):
            chosen.append(topic)
    return chosen


def _keyness(here: int, entries: int, held: int, texts: int) -> float:
    """The log-likelihood ratio of a phrase in the entries against all texts; 0 where it is no more frequent in them."""
    expected = entries * (here + held) / (entries + texts)
    if here <= expected:
        return 0.0
    there = texts * (here + held) / (entries + texts)
    return 2 * (here * log(here / expected) + held * log(held / there))
