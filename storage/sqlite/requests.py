"""How a request becomes rows: what is new of its messages, its list, and what it changes in its session."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from storage.packing import pack_form
from storage.queries import load_queries
from storage.records import Link, NewSession, Opened
from storage.sqlite.rows import Exchange, Rows

SQL = load_queries("storage.sqlite", "writing.sql")
TITLE = 80
ASKING = ("user", "tool")

Item = tuple[int, bytes | None, bytes, bytes]
"""One message of a stored list: its row (0: none), its system hash or None, its own form, its separator."""


@dataclass(slots=True)
class Listed:
    """A request's messages as they are stored: the list's items, the row of each link, those that are new, the last."""

    items: list[Item] = field(default_factory=list)
    rows: list[int | None] = field(default_factory=list)
    new: dict[int, tuple[int | None, str]] = field(default_factory=dict)
    tip: int | None = None


def open_exchange(rows: Rows, record: Opened) -> None:
    """Write a request, unless it was written before."""
    for blob in record.blobs:
        rows.keep(blob)
    owner = rows.owner(record.owner, record.at)
    session = _session(rows, record, owner)
    listed = _listed(rows, record) if record.parsed else Listed()
    prompt = _prompt(rows, record, listed.items)
    # A list whose beginning was lost can't be rebuilt: without its residue nobody tries.
    residue = record.residue if prompt is not None or record.prompt is None else b""
    values = (owner, session, record.match, record.run, record.at, record.method, record.path)
    asked = (record.dialect, record.provider, record.model, record.stream, record.parsed, record.user_agent)
    body = (record.body_hash, record.body_bytes, record.retry_of or None, listed.tip, prompt)
    kept = (residue or None, record.tools or None, record.system or None, record.asked or None)
    exchange = rows.add("add_exchange", (record.id, *values, *asked, *body, *kept))
    if exchange is None:  # written before: until here nothing changes if it is done twice
        return
    if record.retry_of:
        rows.connection.execute(SQL["retry"], (record.retry_of,))
    holder = -exchange if session is None else session
    rows.use(holder, (record.residue, record.tools, record.system, *(blob.hash for blob in record.blobs)))
    asks = record.links[-1].role in ASKING if record.links else False
    rows.add_exchange(record.id, Exchange(exchange, session, None if asks else listed.tip, bool(record.retry_of)))
    if session is not None:
        _settle(rows, record, (session, exchange), listed)


def _session(rows: Rows, record: Opened, owner: int) -> int | None:
    if not record.session:
        return None
    new = record.new or NewSession()
    if record.base or new.name:  # else it is new, most likely
        found = rows.session(record.session, owner)
        if found is None and new.name:
            # Another process may have made the session of that name in the meantime.
            found = rows.session_named(new.name, owner)
        if found is not None:
            return found
    parent = rows.parent_session(new.parent, _uid(new.parent), owner) if new.parent else None
    awaits = new.parent if new.parent and parent is None else None
    values = (new.name, parent, awaits, record.user_agent, record.model, record.system, record.at, record.at)
    row = rows.add_session(record.session, owner, values) or rows.session(record.session, owner)
    if row is None:
        message = "the session is another owner's"
        raise sqlite3.IntegrityError(message)
    if new.name:
        rows.connection.execute(SQL["adopt"], (row, owner, new.name))
    return row


def _uid(key: str) -> bytes | None:
    try:
        return UUID(key).bytes
    except ValueError:
        return None


def _listed(rows: Rows, record: Opened) -> Listed:
    before = _before(rows, record)
    listed = Listed()
    for link in record.links:
        if not link.digest:
            listed.items.append(_loose(link, before))
            listed.rows.append(None)
            continue
        message = rows.message(link)
        listed.items.append((message.row, None, message.form, link.separator))
        listed.rows.append(message.row)
        if message.new:
            listed.new[message.row] = (message.parent, link.role)
        listed.tip = message.row
    if listed.tip is None:
        listed.tip = rows.message_at(record.tip)
    return listed


def _before(rows: Rows, record: Opened) -> dict[bytes, tuple[int, bytes]]:
    """The messages before the base by their lone digests, where a shortened list has to be found again among them."""
    loose = sum(1 for link in record.links if not link.digest and link.lone)
    base = rows.message_at(record.base) if loose else None
    if base is None:
        return {}
    found = rows.connection.execute(SQL["ancestors"], (base, 2 * loose + 2)).fetchall()
    return {lone: (message, body) for message, lone, body in reversed(found)}


def _loose(link: Link, before: Mapping[bytes, tuple[int, bytes]]) -> Item:
    if not link.lone:  # a system message: its text is a blob of its own
        return 0, link.blob, b"", link.separator
    row, body = before.get(link.lone, (0, b""))
    return row, None, pack_form(link.body, body), link.separator


def _prompt(rows: Rows, record: Opened, items: list[Item]) -> int | None:
    prompt = record.prompt
    if prompt is None:
        return None
    parent = rows.prompt_at(prompt.parent) if prompt.parent else None
    if prompt.parent and parent is None:
        return rows.prompt_at(prompt.digest)
    begun = 0
    for listed, length in prompt.stops if items else ():  # another attempt has none: its list is there already
        parent = rows.prompt(listed, parent, msgspec.msgpack.encode(items[begun:length]))
        begun = length
    return rows.prompt(prompt.digest, parent, msgspec.msgpack.encode(items[begun:]))


def _settle(rows: Rows, record: Opened, where: tuple[int, int], listed: Listed) -> None:
    """Give the session what the request brought: places, results of tool calls, title, counts."""
    session, _ = where
    new = record.new
    if new is not None and (new.title or new.tags or new.meta):
        said = (session, new.title, json.dumps(list(new.tags)), json.dumps(new.meta))
        rows.connection.execute(SQL["describe_session"], said)
    placed = _places(rows, where, listed)
    for link, row in zip(record.links, listed.rows, strict=False):
        if (link.call_id or link.called) and row is not None and row in placed:
            _answer_call(rows, link, (session, row), record.at)
    roles = list(placed.values())
    asked = next((link.text for link in record.links if link.role == "user" and link.text), record.asked)
    title = " ".join(asked[: 4 * TITLE].split())[:TITLE]
    counts = (len(roles), roles.count("user"), roles.count("assistant"))
    # What is no conversation (vectors, say) doesn't tell the model that converses.
    named = (record.user_agent, record.model if record.prompt else "", record.system, title)
    rows.connection.execute(SQL["touch_session"], (session, record.at, *counts, *named))


def _answer_call(rows: Rows, link: Link, where: tuple[int, int], at: int) -> None:
    """Give a result to the call that it answers. Ids may be counters, which another branch has, too, or missing."""
    session, result = where
    execute = rows.connection.execute
    call = execute(SQL["call_above"], (session, link.call_id, result, link.called)).fetchone()
    call, waits = call or execute(SQL["latest_call"], (session, link.call_id, link.called)).fetchone()
    if call is not None and waits:
        execute(SQL["answer_call"], (call, result, at, not link.failed))


def _places(rows: Rows, where: tuple[int, int], listed: Listed) -> dict[int, str]:
    """Let the session hold the last message and all before it that it doesn't hold yet; the roles of those added."""
    session, exchange = where
    execute = rows.connection.execute
    placed: dict[int, str] = {}
    message = listed.tip
    while message is not None:
        above = listed.new.get(message)
        if above is None:
            if _is_held(rows, message, session, followed=bool(placed)):
                break
            above = execute(SQL["above"], (message,)).fetchone()
        placed[message] = above[1]
        message = above[0]
    for row in reversed(placed):
        execute(SQL["add_place"], (session, row, exchange, row != listed.tip))
    return placed


def _is_held(rows: Rows, message: int, session: int, *, followed: bool) -> bool:
    """Whether a session holds a message, which is marked where something now follows it there."""
    if followed:
        return rows.connection.execute(SQL["continue"], (message, session)).rowcount > 0
    return rows.connection.execute(SQL["held"], (message, session)).fetchone() is not None
