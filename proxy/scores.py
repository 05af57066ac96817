"""Scores: what each passage of a history has by its number, and the best of them, neighbours having a part in each.

Sums in a list with a place for every passage; looked at are only those that something was added to. Pure arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import NamedTuple

BEFORE = 0.5
"""The weight of the passage before: a question's words find its answer."""
NEAR = 0.1
"""The weight of the passage after, and of the one before the last: a subject goes on for some turns."""

Ranked = list[tuple[float, int]]
"""Scores with the passages' numbers, the best first; of equals the later."""


class Places(NamedTuple):
    """Where a word stands: the passages' ``numbers``, and how much it says in each of them.

    That is the times it stands there, saturating, and less in a long passage than in one that is short for its stretch.
    """

    numbers: tuple[int, ...]
    told: tuple[float, ...]


class Scores:
    """Of so many passages. Two places more are always empty: from the first passage they are one and two steps back."""

    __slots__ = ("_passages", "_scores", "_touched")

    def __init__(self, passages: int) -> None:
        self._passages = passages
        self._scores = [0.0] * (passages + 2)
        self._touched: list[int] = []

    def add(self, weight: float, several: Iterable[Places]) -> None:
        """A word's weight, for each of its places as much as it says there."""
        scores = self._scores
        for numbers, told in several:
            self._touched += numbers
            for number, worth in zip(numbers, told, strict=True):
                scores[number] += weight * worth

    def best(self, most: int) -> Ranked:
        """The best passages by their own scores."""
        return [(self._scores[number], number) for number in self._best(most)]

    def spread(self, most: int) -> Ranked:
        """The best of these and of those beside them, by scores in which their neighbours' have a part."""
        own, best = self._scores, self._best(most)
        near = {*best, *[at - 1 for at in best], *[at + 1 for at in best], *[at + 2 for at in best]}
        near -= {-1, self._passages, self._passages + 1}
        numbers = sorted(near, reverse=True)
        scored = [(own[at] + BEFORE * own[at - 1] + NEAR * (own[at - 2] + own[at + 1]), at) for at in numbers]
        scored.sort(key=itemgetter(0), reverse=True)
        return scored[:most]

    def _best(self, most: int) -> list[int]:
        """The numbers of the best."""
        numbers = sorted(set(self._touched), reverse=True)
        numbers.sort(key=self._scores.__getitem__, reverse=True)
        return numbers[:most]
