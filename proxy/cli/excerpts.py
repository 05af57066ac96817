"""A found text and its query -> the passage around the first hit, with all hits in it marked. Pure.

Hits are told as the search tells them: in any case, with or without accents; a quoted phrase is one word.
"""

import re
import unicodedata
from dataclasses import dataclass

from rich.text import Text

from proxy.cli.plain import one_line

_BEFORE = 50


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of plain text; ``highlights`` are the hits' starts and ends in it."""

    text: str
    highlights: tuple[tuple[int, int], ...] = ()

    def styled(self) -> Text:
        """For a terminal."""
        line = Text(self.text)
        for start, end in self.highlights:
            line.stylize("bold reverse", start, end)
        return line


def excerpt(text: str, query: str, width: int = 160) -> Excerpt:
    """Cut the passage out; the head of the text where no word of the query stands in one line of it."""
    line = one_line(text)
    hits = _hits(line, query)
    start = max(0, hits[0][0] - _BEFORE) if hits else 0
    end = min(len(line), start + width)
    opening = "…" if start else ""
    passage = opening + line[start:end] + ("…" if end < len(line) else "")
    shift = len(opening) - start
    return Excerpt(passage, tuple((low + shift, min(high, end) + shift) for low, high in hits if low < end))


def _hits(line: str, query: str) -> list[tuple[int, int]]:
    words = sorted(filter(None, map(_fold, _words(query))), key=len, reverse=True)
    if not words:
        return []
    folded = [_fold(letter) for letter in line]
    places = [place for place, letters in enumerate(folded) for _ in letters]
    found = re.finditer("|".join(map(re.escape, words)), "".join(folded))
    return [(places[hit.start()], places[hit.end() - 1] + 1) for hit in found]


def _words(query: str) -> list[str]:
    pieces = query.split('"')
    return [word for piece in pieces[::2] for word in piece.split()] + [piece.strip() for piece in pieces[1::2]]


def _fold(text: str) -> str:
    if text.isascii():
        return text.casefold()
    return "".join(
        letter for letter in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(letter)
    )
