"""Texts in words, without those that say nothing in the language that a text is in. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u3400-\u9fff\uf900-\ufaff"
)
PIECE = re.compile(f"([{UNSPACED}]+)|([^\\W\\d_](?:[\\w'’-]*[^\\W_])?)|([^\\w\\s]+)", re.UNICODE)  # noqa: RUF001
_ASKED = re.compile(f"[{UNSPACED}]+|[^\\W_](?:[\\w'’-]*[^\\W_])?", re.UNICODE)  # noqa: RUF001
"""A word of a question, numbers among them: who asks for another one asks something else."""
SPEAKS = 0.15
"""A text is in each language whose stop words make so much of it."""
SHORTEST = 3
MOST_WORDS = 3
PIECES = (4, 3, 2)


@dataclass(frozen=True, slots=True)
class StopWords:
    """The words of many languages that say nothing by themselves.

    ``letters`` are single letters of scripts without spaces that join words, as particles do.
    """

    lists: Mapping[str, frozenset[str]]
    letters: frozenset[str] = frozenset()

    def of(self, words: Sequence[str]) -> frozenset[str]:
        """Those of the languages that the words seem to be in; English is among them, as most code and names are."""
        counts = Counter(words)
        # Of two sets the smaller one is gone through; of a dictionary's keys and a set it would be the set.
        said = frozenset(counts)
        least = max(1.0, SPEAKS * len(words))
        spoken = [stops for stops in self.lists.values() if sum(counts[word] for word in said & stops) >= least]
        return _together(frozenset((*spoken, self.lists.get("en", frozenset()))))


@lru_cache(maxsize=64)
def _together(lists: frozenset[frozenset[str]]) -> frozenset[str]:
    """All their words. Texts of one conversation are mostly in the same languages."""
    return frozenset().union(*lists)


def stop_words(text: str) -> StopWords:
    """The lists of a text with one line a language: its code, then its words."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    lists = {code: frozenset(map(_plain, words)) for code, *words in lines}
    letters = (word for code in ("zh", "ja") for word in lists.get(code, ()) if len(word) == 1)
    return StopWords(lists, frozenset(letters))


def phrases(text: str, stops: StopWords) -> set[tuple[str, ...]]:
    """What a text may be about: up to three words in a row with no stop word among them, or letters in a row."""
    folded = _plain(text)
    pieces: list[tuple[str, str, str]] = PIECE.findall(folded)
    said = stops.of([word for _, word, _ in pieces if word])
    found: set[tuple[str, ...]] = set()
    row: list[str] = []
    for run, word, _ in pieces:
        if len(word) >= SHORTEST and word not in said:
            row.append(word)
            for length in range(1, min(MOST_WORDS, len(row)) + 1):
                found.add(tuple(row[-length:]))
        else:
            row = []
        if run:
            found.update((piece,) for piece in _pieces(run, stops.letters))
    return found


def _pieces(run: str, particles: frozenset[str]) -> Iterator[str]:
    """Two to four letters in a row of a script without spaces, no particle at either end."""
    for length in PIECES:
        for at in range(len(run) - length + 1):
            piece = run[at : at + length]
            if piece[0] not in particles and piece[-1] not in particles:
                yield piece


def normal(text: str) -> str:
    """A question without case, punctuation and spaces that don't matter."""
    return " ".join(match[0] for match in _ASKED.finditer(_plain(text)))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold())
