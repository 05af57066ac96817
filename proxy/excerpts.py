"""A found line and its query -> the passage around the first hit, with all hits in it marked. Pure.

Hits are told as the search tells them: in any case, with or without accents; a quoted phrase is one word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

BEFORE = 50
CHUNK = 4_000
OVERLAP = 500


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of plain text; ``highlights`` are the hits' starts and ends in it."""

    text: str
    highlights: tuple[tuple[int, int], ...] = ()


def excerpt(line: str, query: str, width: int = 160) -> Excerpt:
    """Cut the passage out; the head of the line where no word of the query stands in it."""
    hits = _hits(line, query)
    start = max(0, hits[0][0] - BEFORE) if hits else 0
    end = min(len(line), start + width)
    opening = "…" if start else ""
    passage = opening + line[start:end] + ("…" if end < len(line) else "")
    shift = len(opening) - start
    return Excerpt(passage, tuple((low + shift, min(high, end) + shift) for low, high in hits if low < end))


def _hits(line: str, query: str) -> list[tuple[int, int]]:
    """The hits in the first stretch of the line that has any."""
    words = sorted(filter(None, map(_fold, _words(query))), key=len, reverse=True)
    if not words:
        return []
    pattern = re.compile("|".join(map(re.escape, words)))
    for start in range(0, len(line), CHUNK):
        chunk = line[start : start + CHUNK + OVERLAP]
        if pattern.search(_fold(chunk)):
            found = _found(chunk, pattern)
            return [(start + low, start + high) for low, high in found]
    return []


def _found(chunk: str, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    """Where a folded pattern stands in a text that isn't folded."""
    folded: Sequence[str] = [_fold(letter) for letter in chunk] if not chunk.isascii() else chunk.lower()
    places = [place for place, letters in enumerate(folded) for _ in letters]
    hits = pattern.finditer("".join(folded))
    return [(places[hit.start()], places[hit.end() - 1] + 1) for hit in hits]


def _words(query: str) -> list[str]:
    pieces = query.split('"')
    return [word for piece in pieces[::2] for word in piece.split()] + [piece.strip() for piece in pieces[1::2]]


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    return "".join(
        letter for letter in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(letter)
    )
