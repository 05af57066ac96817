"""Full-text search: words first, parts of words in any script, and a scan for what is too short for an index.

The indexes follow the writer at a distance, so what they haven't reached yet is read as it stands. Whatever an index offers is
checked against the text: every word of the query stands in it, in any case and with or without accents.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence

from storage.queries import load_queries
from storage.records import Hit

SQL = load_queries("storage.sqlite", "reading.sql")
GRAM = 3


def search(connection: sqlite3.Connection, query: str, role: str | None, limit: int) -> Sequence[Hit]:
    """The newest messages which hold every word of the query, or its quoted phrases, anywhere in them."""
    needles = [fold(needle) for needle in split(query)]
    hits: list[Hit] = []
    if not needles:
        return hits
    for message in _candidates(connection, needles):
        found_role, text = connection.execute(SQL["message_text"], (message,)).fetchone()
        if role not in (None, found_role):
            continue
        folded = fold(text)
        if not all(needle in folded for needle in needles):
            continue
        place = connection.execute(SQL["hit"], (message,)).fetchone()
        if place is not None:
            hits.append(Hit(message, place[0], place[2], found_role, text, place[1]))
        if len(hits) == limit:
            break
    return hits


def split(query: str) -> list[str]:
    """The words of a query; what stands in double quotes is one."""
    pieces = query.split('"')
    words = [word for piece in pieces[::2] for word in piece.split()]
    return words + [piece.strip() for piece in pieces[1::2] if piece.strip()]


def fold(text: str) -> str:
    """Text without case and accents."""
    if text.isascii():
        return text.casefold()
    return "".join(char for char in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(char))


def _candidates(connection: sqlite3.Connection, needles: Sequence[str]) -> Iterator[int]:
    """Messages that may fit, newest first: those not indexed yet, then what the best index offers."""
    yield from _ids(connection, "fresh_ids")
    newest = connection.execute("SELECT message FROM indexed").fetchone()[0]
    longest = max(needles, key=len)
    if len(longest) >= GRAM and longest.isascii():
        # An accented letter is another trigram, so plain letters find it among whole words only.
        yield from _merged(_ids(connection, "found_grams", _quoted(longest)), _words(connection, longest))
        return
    for message in _ids(connection, "message_ids"):
        if message <= newest:
            yield message


def _words(connection: sqlite3.Connection, word: str) -> Iterator[int]:
    return _ids(connection, "found_words", _quoted(word) + "*") if any(map(str.isalnum, word)) else iter(())


def _ids(connection: sqlite3.Connection, query: str, *parameters: str) -> Iterator[int]:
    for (message,) in connection.execute(SQL[query], parameters):
        yield message


def _merged(left: Iterator[int], right: Iterator[int]) -> Iterator[int]:
    """Two falling rows of numbers as one, each number once."""
    one, two = next(left, 0), next(right, 0)
    while one or two:
        top = max(one, two)
        yield top
        one = next(left, 0) if one == top else one
        two = next(right, 0) if two == top else two


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
