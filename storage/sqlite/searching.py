"""Full-text search: every part of a text from three letters on is indexed, what is shorter is scanned for.

The index follows the writer at a distance, so what it hasn't reached yet is read as it stands. Whatever it offers is
checked against the text: each needle of the query stands in it, in any case and with or without accents.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence

from storage.cleaning import clean_text
from storage.queries import load_queries
from storage.records import Hit
from storage.transactions import transaction

SQL = load_queries("storage.sqlite", "reading.sql")
GRAM = 3
GRAMS = 24
"""So many are looked up at most: the check does the rest."""
ACCENT = re.compile("[\u0300-\u036f]")

Candidate = tuple[int, str, str]


def search(connection: sqlite3.Connection, query: str, role: str | None, limit: int) -> Sequence[Hit]:
    """The newest messages which hold every word of the query, or its quoted phrases, anywhere in them."""
    needles = split(query)
    hits: list[Hit] = []
    if not needles or limit <= 0:
        return hits
    for message, whose, text in _candidates(connection, needles, role):
        folded = fold(text)
        if not all(needle in folded for needle in needles):
            continue
        place = connection.execute(SQL["hit"], (message,)).fetchone()
        if place is not None:
            hits.append(Hit(message, place[0], place[2], whose, text, place[1]))
        if len(hits) == limit:
            break
    return hits


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


def _candidates(connection: sqlite3.Connection, needles: Sequence[str], role: str | None) -> Iterator[Candidate]:
    """Messages that may fit, newest first: those not indexed yet, then what the index offers."""
    indexed, newest = connection.execute(SQL["indexed_to"]).fetchone()
    yield from connection.execute(SQL["scanned"], (indexed, newest, role))
    wanted = expression(needles)
    if wanted:
        yield from connection.execute(SQL["matched"], (wanted, role))
    else:
        yield from connection.execute(SQL["scanned"], (0, indexed, role))


def expression(needles: Sequence[str]) -> str:
    """What to ask the index for: that all grams of all needles occur. It can't look up more than a gram at once."""
    grams = {needle[at : at + GRAM]: None for needle in needles for at in range(len(needle) - GRAM + 1)}
    step = -(-len(grams) // GRAMS) or 1
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in list(grams)[::step])


def index(connection: sqlite3.Connection, limit: int) -> int:
    """Take the next messages into the index; how many are left."""
    done, newest = connection.execute(SQL["indexed_to"]).fetchone()
    if done == newest:
        return 0
    with transaction(connection):
        done, newest = connection.execute(SQL["indexed_to"]).fetchone()  # another process may have been faster
        target = min(newest, done + limit)
        texts = connection.execute(SQL["texts"], (done, target)).fetchall()
        connection.executemany(SQL["index_text"], [(row, fold(text)) for row, text in texts])
        connection.execute(SQL["set_indexed"], (target,))
    return int(newest - target)
