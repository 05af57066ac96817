"""What proves, plays and follows what a store holds, and what mends its derived tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from storage.holes import fill, without_lost
from storage.packing import unpack_form
from storage.queries import load_queries
from storage.sqlite.indexing import index
from storage.sqlite.reading import blob, reply, sent
from storage.transactions import transaction
from storage.upkeep import Mark, News, Proof, Repaired, Take

SQL = load_queries("storage.sqlite", "proving.sql")
BATCH = 1000
CLEARED = (
    "clear_words",
    "clear_grams",
    "clear_terms",
    "clear_documents",
    "clear_spreads",
    "clear_days",
    "clear_balances",
    "clear_waiting",
    "begin_index",
    "let_posted_wait",
)

Row = tuple[Any, ...]


def proofs(connection: sqlite3.Connection, after: int, limit: int, session: bytes | None) -> Sequence[Proof]:
    """The hashes of ended exchanges."""
    rows = connection.execute(SQL["proofs"], (after, limit, session))
    return [
        Proof(row, uid, whose, path, request, forwarded, reply, bool(answered))
        for row, uid, whose, path, request, forwarded, reply, answered in rows
    ]


def lacks_media(connection: sqlite3.Connection, exchange: bytes) -> tuple[bool, bool]:
    """Whether a request and its reply can be rebuilt but for media that was never kept."""
    request, answer = sent(connection, exchange, without_lost), reply(connection, exchange, without_lost)
    return request is not None, answer is not None


def takes(connection: sqlite3.Connection, session: bytes | None, exchange: bytes | None = None) -> Sequence[Take]:
    """A session's exchanges, or a certain one, to be played again."""
    return [_take(connection, row) for row in connection.execute(SQL["takes"], (session, exchange)).fetchall()]


def _take(connection: sqlite3.Connection, row: Row) -> Take:
    *values, said, answer, answers = row
    values[4] = bool(values[4])
    bodies = tuple(_bodies(connection, answer, answers))
    return msgspec.structs.replace(Take(*values), said=tuple(json.loads(said)), answers=bodies)


def _bodies(connection: sqlite3.Connection, answer: int | None, answers: bytes | None) -> Iterator[bytes]:
    """The answers in the form in which they came."""
    single = [] if answer is None else [(answer, b"")]
    forms = single if answers is None else msgspec.msgpack.decode(answers, type=list[tuple[int, bytes]])
    for message, form in forms:
        (body,) = connection.execute(SQL["message_body"], (message,)).fetchone()
        yield fill(unpack_form(form, body), lambda hash: blob(connection, hash) or b"")


def mark(connection: sqlite3.Connection) -> Mark:
    """The last rows by now."""
    still = tuple(row for (row,) in connection.execute(SQL["open_now"]))
    place, call, exchange, posted = connection.execute(SQL["mark"]).fetchone()
    return Mark(place, call, exchange, posted, still)


def news(connection: sqlite3.Connection, before: Mark) -> tuple[Sequence[News], Mark]:
    """What came after a mark. Exchanges end long after they began, so those that were open are looked at again."""
    place, call, exchange, posted = connection.execute(SQL["mark"]).fetchone()
    asked = (json.dumps(before.open), before.exchange, exchange)
    still = tuple(row for (row,) in connection.execute(SQL["still_open"], asked))
    found = [
        *(_message(row) for row in connection.execute(SQL["new_messages"], (before.place, place))),
        *(_call(row) for row in connection.execute(SQL["new_calls"], (before.call, call))),
        *(_posted(row) for row in connection.execute(SQL["new_posted"], (before.posted, posted))),
        *(_failure(row) for row in connection.execute(SQL["ended"], asked) if row[-1]),
    ]
    return sorted(found, key=attrgetter("at")), Mark(place, call, exchange, posted, still)


def _message(row: Row) -> News:
    _, at, ended_at, relayed, session, exchange, role, text, model = row
    return News("message", (ended_at if relayed else at) or at, session, exchange, role=role, text=text, model=model)


def _call(row: Row) -> News:
    _, at, session, name, arguments = row
    return News("tool_call", at, session, b"", role="assistant", text=arguments, name=name)


def _posted(row: Row) -> News:
    kind, at, session, source, text, name, rationale, arguments = row
    said = arguments if kind == "tool_call" else text
    return News(kind, at, session, b"", role=source, text=said, name=name, rationale=rationale)


def _failure(row: Row) -> News:
    _, at, session, exchange, message, ending, model, code, _ = row
    return News("error", at, session, exchange, text=message or ending, model=model, code=str(code))


def repair(connection: sqlite3.Connection) -> Repaired:
    """Count again, and index anew."""
    with transaction(connection):
        before = connection.total_changes
        connection.execute(SQL["recount"])
        sessions = connection.total_changes - before
        for name in CLEARED:
            connection.execute(SQL[name])
    while index(connection, BATCH):
        pass
    (messages,) = connection.execute(SQL["texts"]).fetchone()
    return Repaired(sessions, messages)
