"""How records become rows. One record is written whole or, if it was written before, not at all."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Mapping

import msgspec

from storage.packing import pack, pack_form
from storage.queries import load_queries
from storage.records import Blob, Checkpointed, Closed, Link, Lost, NewSession, Opened, Record

SQL = load_queries("storage.sqlite", "writing.sql")
TITLE = 80

Item = tuple[int, bytes | None, bytes, bytes]
"""One message of a stored list: the row it stands in (0: nowhere), its system hash or None, its own form, its separator."""


def write(connection: sqlite3.Connection, record: Record) -> None:
    """Write one record within the transaction that is open."""
    WRITERS[type(record)](connection, record)


def _opened(connection: sqlite3.Connection, record: Opened) -> None:
    if connection.execute(SQL["exchange_row"], (record.id,)).fetchone() is not None:
        return
    for blob in record.blobs:
        add_blob(connection, blob)
    owner = _owner(connection, record)
    session = _session(connection, record, owner)
    cursor = connection.execute(SQL["open_exchange"], _exchange_values(record, owner, session))
    exchange = cursor.lastrowid
    assert exchange is not None  # noqa: S101 (an INSERT has one)
    if not record.parsed:
        if session is not None:
            connection.execute(
                SQL["touch_session"], (session, record.at, 0, 0, 0, record.user_agent, record.model, b"")
            )
        return
    items, tip = _links(connection, record)
    prompt = _prompt(connection, record, items)
    connection.execute(SQL["place_exchange"], (exchange, tip, prompt))
    if session is not None:
        _settle(connection, record, (session, exchange), tip)


def _owner(connection: sqlite3.Connection, record: Opened) -> int:
    row = connection.execute(SQL["owner_of"], (record.owner,)).fetchone()
    if row is None:
        connection.execute(SQL["add_owner"], (record.owner, record.at))
        row = connection.execute(SQL["owner_of"], (record.owner,)).fetchone()
    found: int = row[0]
    return found


def _session(connection: sqlite3.Connection, record: Opened, owner: int) -> int | None:
    if not record.session:
        return None
    row = connection.execute(SQL["session_row"], (record.session,)).fetchone()
    if row is None and record.new is not None and record.new.name:
        # Another process may have made the session of that name in the meantime.
        row = connection.execute(SQL["session_named"], (owner, record.new.name)).fetchone()
    new = record.new or NewSession()
    tags, meta = json.dumps(list(new.tags)), json.dumps(new.meta)
    if row is not None:
        if new.title or new.tags or new.meta:
            connection.execute(SQL["describe_session"], (row[0], new.title, tags, meta))
        found: int = row[0]
        return found
    parent = connection.execute(SQL["session_named"], (owner, new.parent)).fetchone() if new.parent else None
    values = (record.session, owner, new.name, parent[0] if parent else None, new.title, tags, meta)
    cursor = connection.execute(
        SQL["add_session"], (*values, record.user_agent, record.model, record.system, record.at, record.at)
    )
    return cursor.lastrowid


def _exchange_values(record: Opened, owner: int, session: int | None) -> tuple[object, ...]:
    named = (record.id, owner, session, record.match, record.run, record.at, record.method, record.path)
    asked = (record.dialect, record.provider, record.model, record.stream, record.parsed, record.user_agent)
    body = (record.body_hash, record.body_bytes, record.retry_of or None, None, None)
    return (*named, *asked, *body, record.residue or None, record.tools or None, record.system or None)


def _links(connection: sqlite3.Connection, record: Opened) -> tuple[list[Item], int | None]:
    """Store what is new of a request's messages; the list's items, and the row of its last message."""
    before = _before(connection, record)
    tip: int | None = None
    items: list[Item] = []
    for link in record.links:
        if not link.digest:
            items.append(_loose(link, before))
            continue
        row, form = add_message(connection, link)
        items.append((row, None, form, link.separator))
        tip = row
    if tip is None and record.tip:
        found = connection.execute(SQL["message_at"], (record.tip,)).fetchone()
        tip = found[0] if found else None
    return items, tip


def _before(connection: sqlite3.Connection, record: Opened) -> dict[bytes, tuple[int, bytes]]:
    """The messages before the base by their lone digests, where a shortened list has to be found again among them."""
    loose = sum(1 for link in record.links if not link.digest and link.lone)
    if not loose or not record.base:
        return {}
    row = connection.execute(SQL["message_at"], (record.base,)).fetchone()
    if row is None:
        return {}
    found = connection.execute(SQL["ancestors"], (row[0], 2 * loose + 2)).fetchall()
    return {lone: (message, body) for message, lone, body in reversed(found)}


def _loose(link: Link, before: Mapping[bytes, tuple[int, bytes]]) -> Item:
    if not link.lone:  # a system message: its text is a blob of its own
        return 0, link.blob, b"", link.separator
    known = before.get(link.lone)
    if known is None:
        return 0, None, pack_form(link.body, b""), link.separator
    row, body = known
    return row, None, b"" if body == link.body else pack_form(link.body, body), link.separator


def add_message(connection: sqlite3.Connection, link: Link) -> tuple[int, bytes]:
    """The row of a message, made if there is none; and the form in which it came, empty if it is the row's own."""
    found = connection.execute(SQL["message_at"], (link.digest,)).fetchone()
    if found is not None:
        row, body = found
        return row, b"" if body == link.body else pack_form(link.body, body)
    parent = connection.execute(SQL["message_at"], (link.parent,)).fetchone() if link.parent else None
    values = (
        link.digest,
        parent[0] if parent else None,
        link.role,
        link.body,
        link.text or None,
        link.tokens,
        link.lone,
    )
    row = connection.execute(SQL["add_message"], values).lastrowid
    assert row is not None  # noqa: S101 (an INSERT has one)
    return row, b""


def _prompt(connection: sqlite3.Connection, record: Opened, items: list[Item]) -> int | None:
    prompt = record.prompt
    if prompt is None:
        return None
    found = connection.execute(SQL["prompt_at"], (prompt.digest,)).fetchone()
    if found is not None:
        row: int = found[0]
        return row
    parent = connection.execute(SQL["prompt_at"], (prompt.parent,)).fetchone() if prompt.parent else None
    values = (prompt.digest, parent[0] if parent else None, msgspec.msgpack.encode(items))
    return connection.execute(SQL["add_prompt"], values).lastrowid


def _settle(connection: sqlite3.Connection, record: Opened, where: tuple[int, int], tip: int | None) -> None:
    """Give the session what the request brought: places, results of tool calls, counts."""
    session, exchange = where
    roles = _places(connection, where, tip)
    for link in record.links:
        if link.call_id and link.digest:
            row = connection.execute(SQL["message_at"], (link.digest,)).fetchone()
            result = (session, link.call_id, row[0], record.at, not link.failed)
            connection.execute(SQL["answer_call"], result)
    first = next((link.text for link in record.links if link.role == "user" and link.text), "")
    if first:
        connection.execute(SQL["title_session"], (session, " ".join(first.split())[:TITLE]))
    counts = (len(roles), roles.count("user"), roles.count("assistant"))
    connection.execute(
        SQL["touch_session"], (session, record.at, *counts, record.user_agent, record.model, record.system)
    )


def _places(connection: sqlite3.Connection, where: tuple[int, int], tip: int | None) -> list[str]:
    """Let the session hold the message and all before it that it doesn't hold yet; the roles of those added."""
    session, exchange = where
    path: list[tuple[int, str]] = []
    message = tip
    while message is not None and not connection.execute(SQL["held"], (message, session)).fetchone():
        parent, role = connection.execute(SQL["above"], (message,)).fetchone()
        path.append((message, role))
        message = parent
    for row, _ in reversed(path):
        connection.execute(SQL["add_place"], (session, row, exchange))
    return [role for _, role in path]


def _checkpointed(connection: sqlite3.Connection, record: Checkpointed) -> None:
    connection.execute(SQL["add_checkpoint"], (record.exchange, record.number, zlib.compress(record.data, 1)))


def _closed(connection: sqlite3.Connection, record: Closed) -> None:
    found = connection.execute(SQL["exchange_row"], (record.exchange,)).fetchone()
    if found is None or found[3] is not None:
        return
    exchange, session = found[0], found[1]
    if record.raw is not None:
        add_blob(connection, record.raw)
    answer, added = _answers(connection, record, session, exchange)
    connection.execute(SQL["close_exchange"], (*_closing_values(record, answer), exchange))
    for attempt in record.attempts:
        started = (attempt.started_at, attempt.ended_at, attempt.status, attempt.error)
        connection.execute(SQL["add_attempt"], (exchange, attempt.number, attempt.provider, *started))
    connection.execute(SQL["drop_checkpoints"], (exchange,))
    if session is not None:
        used = (record.prompt_tokens or 0, record.completion_tokens or 0, record.cached_tokens or 0)
        unpriced = record.cost is None and record.completion_tokens is not None
        failed = record.ending != "complete" or bool(record.error_message)
        counts = (added, len(record.calls), failed, *used, record.cost or 0, unpriced)
        connection.execute(SQL["settle_session"], (session, record.at, *counts))


def _answers(
    connection: sqlite3.Connection, record: Closed, session: int | None, exchange: int
) -> tuple[int | None, int]:
    """Store a reply's messages; the row of the first, and how many the session didn't hold."""
    rows: dict[bytes, int] = {}
    added = 0
    for link in record.replies:
        row, _ = add_message(connection, link)
        rows[link.digest] = row
        if session is not None:
            added += connection.execute(SQL["held"], (row, session)).fetchone() is None
            connection.execute(SQL["add_answer"], (session, row, exchange))
    answer = next(iter(rows.values()), None)
    for landmark in record.landmarks:
        connection.execute(SQL["add_landmark"], (landmark, answer))
    for call in record.calls if session is not None else ():
        values = (session, call.id, call.name, call.arguments, rows[call.message], record.at)
        connection.execute(SQL["add_call"], values)
    return answer, added


def _closing_values(record: Closed, answer: int | None) -> tuple[object, ...]:
    ended = (record.at, record.first_byte_at or None, record.model, record.status, record.ending, record.finish_reason)
    tokens = (record.prompt_tokens, record.completion_tokens, record.cached_tokens, record.reasoning_tokens)
    error = (record.error_type, record.error_code, record.error_message, record.error_body or None)
    kept = (pack(record.residue) if record.residue else None, record.logprobs or None)
    raw = record.raw.hash if record.raw else None
    counted = (record.upstream_id, record.reply_bytes, *tokens, record.usage_source, record.cost)
    return (*ended, *counted, *error, record.malformed, answer, *kept, raw)


def _lost(connection: sqlite3.Connection, record: Lost) -> None:
    connection.execute(SQL["add_gap"], (record.at, record.exchanges, record.reason))


def add_blob(connection: sqlite3.Connection, blob: Blob) -> None:
    """Keep content once, packed if that makes it smaller."""
    packed = zlib.compress(blob.data, 6) if len(blob.data) > 64 else blob.data
    smaller = len(packed) < len(blob.data)
    connection.execute(SQL["add_blob"], (blob.hash, blob.kind, smaller, packed if smaller else blob.data))


WRITERS: Mapping[type, Callable[..., None]] = {
    Opened: _opened,
    Checkpointed: _checkpointed,
    Closed: _closed,
    Lost: _lost,
}
