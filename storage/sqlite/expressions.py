"""What to ask the index for, so that it offers every document in which a needle stands, and few others."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from storage.queries import load_queries
from storage.sqlite.terms import Term, needle_terms

SQL = load_queries("storage.sqlite", "searching.sql")
GRAM = 3
MOST_WORDS = 200
"""A part that more words hold is no help: it stands nearly everywhere, so that a scan finds it soon."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A query to the index; empty if it can offer nothing. A broad one is slow to begin, and best left for later."""

    text: str
    broad: bool = False


def expression(connection: sqlite3.Connection, needle: str) -> Expression | None:
    """What a needle asks of the index; ``None`` if no text that is indexed can hold it."""
    terms = needle_terms(needle)
    if not terms:
        return Expression("")
    if len(terms) == 1:
        return _alone(connection, terms[0])
    first, *middle = terms
    firsts = [first.text]
    if first.open_before:  # the text's word may begin before it
        words = _words(connection, first.text) if len(first.text) >= GRAM else None
        firsts = [] if words is None else [word for word in words if word.endswith(first.text)]
        if words is not None and not firsts:
            return None
    ending = ""
    if middle[-1].open_after:
        ending = " *" if len(middle[-1].text) >= GRAM else ""
        middle = middle if ending else middle[:-1]
    rest = [term.text for term in middle]
    if not firsts and not rest:
        return Expression("")
    phrases = [quoted([word, *rest]) + ending for word in firsts or [""]]
    return Expression(f"text : ({' OR '.join(phrases)})")


def _alone(connection: sqlite3.Connection, term: Term) -> Expression | None:
    if term.paired:
        whole = not term.open_after
        return Expression(f"text : {quoted([term.text])}{'' if whole else ' *'}", broad=not whole)
    words: Sequence[str] | None = [term.text]
    if term.open_before or term.open_after:
        words = _words(connection, term.text)
    if words is None:
        return Expression("")
    kept = [word for word in words if _fits(word, term)]
    return Expression(f"text : ({' OR '.join(quoted([word]) for word in kept)})") if kept else None


def _fits(word: str, term: Term) -> bool:
    """Whether a word may be the one in which a term stands."""
    before = term.open_before or word.startswith(term.text)
    return before and (term.open_after or word.endswith(term.text))


def _words(connection: sqlite3.Connection, part: str) -> Sequence[str] | None:
    """The words that hold a part; ``None`` if they are too many."""
    if len(part) < GRAM:
        rows = connection.execute(SQL["terms_scanned"], (part, MOST_WORDS + 1)).fetchall()
    else:
        grams = dict.fromkeys(part[at : at + GRAM] for at in range(len(part) - GRAM + 1))
        step = -(-len(grams) // 24)
        wanted = " AND ".join(quoted([gram]) for gram in list(grams)[::step])
        rows = connection.execute(SQL["terms_with"], (wanted, part, MOST_WORDS + 1)).fetchall()
    return None if len(rows) > MOST_WORDS else [word for (word,) in rows]


def quoted(words: Sequence[str]) -> str:
    """Words in a row; whatever they are, they are no syntax."""
    return '"' + " ".join(words).strip().replace('"', '""') + '"'
