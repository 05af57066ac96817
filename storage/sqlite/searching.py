"""Full-text search: every part of a text finds it, in any script, in any case and with or without accents.

The index follows the writer at a distance, so what it hasn't reached yet is read as it stands. Whatever it offers is
checked against the text: each needle of the query stands in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from storage.cleaning import LARGEST
from storage.inquiries import Hit, Hits, Inquiry
from storage.ports import BadCursor
from storage.queries import load_queries
from storage.sqlite import cursors, ranking
from storage.sqlite.expressions import expression, quoted
from storage.sqlite.indexing import MESSAGES, POSTED, SAID, Document, Reach, fresh
from storage.sqlite.scope import Scope, scope
from storage.sqlite.terms import fold, needle_terms, split

SQL = load_queries("storage.sqlite", "searching.sql")
PROBED = 3_000
"""So many of the newest are looked through before the index is asked for what may stand nearly everywhere."""
WEIGHED = 400
"""So many of those that the index likes best are weighed."""
OFFERED = 20_000
"""So many of the newest that the index offers are weighed by itself."""
COUNTED = 20_000


@dataclass(frozen=True, slots=True)
class Search:
    """A search at work on a connection."""

    connection: sqlite3.Connection
    inquiry: Inquiry
    needles: Sequence[str]
    scope: Scope

    def fits(self, document: Document) -> bool:
        """Whether a document is a hit."""
        if not self.scope.admits(document):
            return False
        folded = fold(document.text)
        return all(needle in folded for needle in self.needles)


def search(connection: sqlite3.Connection, inquiry: Inquiry) -> Hits:
    """A page of the texts which hold every word of the query, or its quoted phrases, anywhere in them."""
    ranked, needles = inquiry.order == "rank", split(inquiry.query)
    best = cursors.read(inquiry.cursor, cursors.Ranked) if ranked else None
    latest = None if ranked else cursors.read(inquiry.cursor, cursors.Newest)
    if best and len(best.field.holding) != len(needles):
        raise BadCursor
    within = scope(connection, inquiry)
    if within is None or not needles or inquiry.limit <= 0:
        return Hits()
    at_work = Search(connection, inquiry, needles, within)
    return _ranked(at_work, best) if ranked else _newest(at_work, latest)


def word_counts(connection: sqlite3.Connection, words: Sequence[str], owner: bytes | None) -> tuple[int, Sequence[int]]:
    """How many documents there are, and how many hold each word, or words in a row."""
    within = scope(connection, Inquiry("", owner=owner or b""))
    if within is None:
        return 0, [0 for _ in words]
    if within.marks:
        documents = _count(connection, within.marks, LARGEST)
    else:
        (documents,) = connection.execute(SQL["documents_in_all"]).fetchone()
    asked = [" ".join(term.text for term in needle_terms(fold(word))) for word in words]
    queries = [" AND ".join(filter(None, [f"text : {quoted([phrase])}", within.marks])) for phrase in asked]
    return documents, [_count(connection, query) if phrase else 0 for phrase, query in zip(asked, queries, strict=True)]


def _newest(at: Search, last: cursors.Newest | None) -> Hits:
    """The hits after the cursor, latest first."""
    found = (document for document in _documents(at, last) if at.fits(document))
    page: list[tuple[Document, Hit]] = []
    for document in found:
        hit = _hit(at, document)
        if hit is None:
            continue
        if len(page) == at.inquiry.limit:
            shown = page[-1][0]
            cursor = cursors.Newest(shown.id, *((0, 0) if shown.id else (shown.source, shown.row)))
            return Hits(tuple(hit for _, hit in page), cursors.written(cursor))
        page.append((document, hit))
    return Hits(tuple(hit for _, hit in page))


def _documents(at: Search, last: cursors.Newest | None) -> Iterator[Document]:
    """What may fit, latest first: what isn't indexed yet, then what the index offers."""
    position = last or cursors.Newest()
    document = position.document
    if not document:
        found = at.connection.execute(SQL["document_of"], (position.row, position.source)).fetchone() if last else None
        if found is None:
            yield from _fresh(at, position if last else None)
        document = found[0] if found else LARGEST
    yield from _indexed(at, document - 1)


def _fresh(at: Search, last: cursors.Newest | None) -> Iterator[Document]:
    done, newest, _ = at.connection.execute(SQL["state"]).fetchone()
    place = (last.source, last.row) if last else (SAID, LARGEST)
    for document in reversed(fresh(at.connection, Reach(done, newest))):
        if (document.source, document.row) < place and at.scope.holds(at.connection, document):
            yield document


def _indexed(at: Search, to: int) -> Iterator[Document]:
    """Documents up to one that may fit, latest first."""
    low, high = _span(at, to)
    if at.scope.session is not None:
        yield from _read(at, "of_session", at.scope.session, low, high)
        return
    wanted = [expression(at.connection, needle) for needle in at.needles]
    asked = [each for each in wanted if each is not None]
    if len(asked) < len(wanted):
        return
    sharp = [each.text for each in asked if each.text and not each.broad]
    if sharp:
        yield from _matched(at, sharp, low, high)
        return
    document = None
    for document in islice(_matched(at, [], low, high), PROBED):
        yield document
    if document is not None:
        broad = [each.text for each in asked if each.text]
        yield from _matched(at, broad, low, document.id - 1)


def _span(at: Search, to: int) -> tuple[int, int]:
    """The documents within the time asked for, up to one."""
    low, high = 0, to
    if at.scope.since:
        (first,) = at.connection.execute(SQL["first_since"], (at.scope.since,)).fetchone()
        low = first or LARGEST
    if at.scope.until:
        (last,) = at.connection.execute(SQL["last_until"], (at.scope.until,)).fetchone()
        high = min(high, last or 0)
    return low, high


def _matched(at: Search, texts: Sequence[str], low: int, high: int) -> Iterator[Document]:
    """What the index offers; without anything to ask it for, all there is."""
    wanted = " AND ".join(filter(None, [*texts, at.scope.marks]))
    return _read(at, "matched" if wanted else "scanned", wanted, low, high)


def _read(at: Search, query: str, *values: object) -> Iterator[Document]:
    return (Document(*row) for row in at.connection.execute(SQL[query], values))


def _hit(at: Search, document: Document, score: float | None = None) -> Hit | None:
    """A document as it is shown; ``None`` if it stands nowhere."""
    if document.source == MESSAGES:
        found = at.connection.execute(SQL["stands_message"], (document.row, at.scope.session)).fetchone()
    else:
        query = "stands_posted" if document.source == POSTED else "stands_exchange"
        found = at.connection.execute(SQL[query], (document.row,)).fetchone()
    if found is None:
        return None
    session, exchange, sessions = found
    message = document.row if document.source == MESSAGES else 0
    said = (document.role, document.text, document.at, document.type)
    return Hit(message, session, sessions, *said, exchange, document.model, score)


def _ranked(at: Search, last: cursors.Ranked | None) -> Hits:
    """The hits after the cursor, the best first."""
    documents = [document for document in _promising(at) if at.fits(document)]
    field = last.field if last else _field(at, documents)
    weighed = [(_weight(at, document, field), document.at, document.row, document) for document in documents]
    weighed.sort(key=lambda each: each[:3], reverse=True)
    if last:
        weighed = [each for each in weighed if each[:3] < (last.score, last.at, last.row)]
    page = weighed[: at.inquiry.limit]
    hits = [_hit(at, document, weight) for weight, _, _, document in page]
    more = len(weighed) > len(page)
    cursor = cursors.written(cursors.Ranked(*page[-1][:3], field)) if more else ""
    return Hits(tuple(hit for hit in hits if hit is not None), cursor)


def _weight(at: Search, document: Document, field: ranking.Field) -> float:
    return round(ranking.score(fold(document.text), at.needles, field), 6)


def _promising(at: Search) -> list[Document]:
    """Documents among which the best are: the fresh ones, and those that the index likes best."""
    fresh_ones = list(_fresh(at, None))
    low, high = _span(at, LARGEST)
    wanted = [expression(at.connection, needle) for needle in at.needles]
    texts = [each.text for each in wanted if each is not None and each.text and not each.broad]
    if at.scope.session is not None or None in wanted or not texts:
        return fresh_ones + list(islice(_indexed(at, LARGEST), PROBED))
    asked = " AND ".join(filter(None, [*texts, at.scope.marks]))
    nth = at.connection.execute(SQL["nth"], (asked, low, high, OFFERED)).fetchone()
    best = at.connection.execute(SQL["ranked"], (asked, nth[0] if nth else low, high, WEIGHED)).fetchall()
    return fresh_ones + [document for (row,) in best for document in _read(at, "document", row)]


def _field(at: Search, documents: Sequence[Document]) -> ranking.Field:
    """What weights are relative to: the whole store, as far as it is cheap to count."""
    (_, _, newest) = at.connection.execute(SQL["state"]).fetchone()
    length = sum(len(document.text) for document in documents) / max(1, len(documents))
    asked = [expression(at.connection, needle) for needle in at.needles]
    holding = [_count(at.connection, each.text) if each and each.text and not each.broad else COUNTED for each in asked]
    return ranking.Field(newest, length, tuple(holding))


def _count(connection: sqlite3.Connection, asked: str, most: int = COUNTED) -> int:
    (found,) = connection.execute(SQL["counted"], (asked, most)).fetchone()
    return int(found)
