"""Text as an index knows it: folded, in words, and in pairs of letters where a script sets no spaces. Pure.

A run of such letters becomes its overlapping pairs, and its last letter alone: so each letter begins just one term, two
letters are one term, and more are terms in a row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from storage.cleaning import clean_text

ACCENT = re.compile("[\u0300-\u036f]")
PAIRED = (
    "\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u20a0-\u20cf\u2190-\u2bff\u2e80-\u2fff\u3005-\u3007\u3021-\u3029"
    "\u3031-\u3035\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u318e\u31a0-\u31bf\u31f0-\ua4cf\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U0001b000-\U0001b2ff\U0001f000-\U0003ffff"
)
"""Scripts without spaces, Korean (whose words change at both ends), and what is a word by itself, such as an emoji."""
RUNS = re.compile(f"([{PAIRED}]+)")
WORD = re.compile(r"[^\W_]+")
ASCII_WORD = re.compile("[a-z0-9]+")
LONGEST = 512
"""A longer word is indexed in pieces that overlap by half."""
SURE = LONGEST // 2
"""So long a part of a word always stands whole in one piece of it."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a needle. Where the needle begins or ends within a word, the text's own word may be longer."""

    text: str
    paired: bool = False
    open_before: bool = False
    open_after: bool = False


def split(query: str) -> list[str]:
    """The words of a query, folded; what stands in double quotes is one."""
    pieces = fold(clean_text(query)).split('"')
    words = [word for piece in pieces[::2] for word in piece.split()]
    return words + [piece.strip() for piece in pieces[1::2] if piece.strip()]


def fold(text: str) -> str:
    """Text without case and accents."""
    if text.isascii():
        return text.lower()
    bare = ACCENT.sub("", unicodedata.normalize("NFD", text.casefold()))
    return unicodedata.normalize("NFC", bare)


def terms(folded: str) -> tuple[list[str], set[str]]:
    """All terms of a folded text in their order, and the words among them."""
    if folded.isascii():
        words = ASCII_WORD.findall(folded)
        if len(folded) > LONGEST:
            words = [piece for word in words for piece in _pieces(word)]
        return words, set(words)
    found: list[str] = []
    distinct: set[str] = set()
    for at, run in enumerate(RUNS.split(folded)):
        if at % 2:
            found += _pairs(run)
        else:
            words = [piece for word in WORD.findall(run) for piece in _pieces(word)]
            found += words
            distinct.update(words)
    return found, distinct


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run))]


def _pieces(word: str) -> list[str]:
    if len(word) <= LONGEST:
        return [word]
    pieces = [word[at : at + LONGEST] for at in range(0, len(word) - LONGEST, SURE)]
    return [*pieces, word[-LONGEST:]]


def needle_terms(needle: str) -> list[Term]:
    """What a folded needle asks for: terms that stand one after the other."""
    runs = list(_runs(needle))
    long = next((text for text, paired, *_ in runs if not paired and len(text) > SURE), None)
    if long is not None:
        return [Term(long[:SURE], open_before=True, open_after=True)]
    found: list[Term] = []
    for text, paired, start, end in runs:
        opens, closes = start == 0, end == len(needle)
        if not paired:
            found.append(Term(text, open_before=opens, open_after=closes))
            continue
        pairs = [Term(pair, paired=True) for pair in _pairs(text)[:-1]]
        if not closes:
            pairs.append(Term(text[-1], paired=True))
        elif not pairs:
            pairs = [Term(text, paired=True, open_after=True)]
        found += pairs
    return found


def _runs(needle: str) -> Iterator[tuple[str, bool, int, int]]:
    """The runs of letters in a needle: their text, whether they are paired, where they start and end."""
    at = 0
    for number, piece in enumerate(RUNS.split(needle)):
        if number % 2:
            yield piece, True, at, at + len(piece)
        else:
            for word in WORD.finditer(piece):
                yield word[0], False, at + word.start(), at + word.end()
        at += len(piece)
