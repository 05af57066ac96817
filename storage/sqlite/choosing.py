"""Which rows belong to a session, or to an owner: its own, and all that they are made of."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from storage.holes import held
from storage.packing import residue_names, unpack_blob
from storage.queries import load_queries
from storage.upkeep import Scope

SQL = load_queries("storage.sqlite", "archiving.sql")

Row = tuple[Any, ...]


@dataclass(slots=True)
class Chosen:
    """Row numbers by kind."""

    owners: set[int] = field(default_factory=set)
    sessions: set[int] = field(default_factory=set)
    exchanges: set[int] = field(default_factory=set)
    prompts: set[int] = field(default_factory=set)
    messages: set[int] = field(default_factory=set)
    segments: set[int] = field(default_factory=set)
    hashes: set[bytes] = field(default_factory=set)
    blobs: set[int] = field(default_factory=set)

    def rows(self, table: str) -> set[int]:
        """The rows by which a table's are chosen; none of what belongs to the whole store alone."""
        return {
            "owners": self.owners,
            "blobs": self.blobs,
            "sessions": self.sessions,
            "places": self.sessions,
            "tool_calls": self.sessions,
            "posted": self.sessions,
            "segments": self.segments,
            "closings": self.sessions,
            "planned": self.sessions,
            "messages": self.messages,
            "landmarks": self.messages,
            "prompts": self.prompts,
            "exchanges": self.exchanges,
            "attempts": self.exchanges,
            "checkpoints": self.exchanges,
        }.get(table, set())


def choose(connection: sqlite3.Connection, scope: Scope) -> Chosen | None:
    """The rows of a part of the store; None for all of it."""
    if not scope.session and not scope.owner:
        return None
    chosen = Chosen()
    for session, owner, system in connection.execute(SQL["chosen"], (scope.session, scope.owner)):
        chosen.sessions.add(session)
        chosen.owners.add(owner)
        chosen.hashes.add(system)
    whose = b"" if scope.session else scope.owner
    for row in connection.execute(SQL["chosen_exchanges"], (_listed(chosen.sessions), whose)):
        _add_exchange(chosen, row)
    _add_prompts(connection, chosen)
    _add_segments(connection, chosen)
    given = (_listed(chosen.messages), _listed(chosen.sessions))
    chosen.messages.update(row for (row,) in connection.execute(SQL["chosen_messages"], given))
    for (body,) in connection.execute(SQL["holed"], (_listed(chosen.messages),)):
        chosen.hashes.update(held(body))
    _add_blobs(connection, chosen)
    return chosen


def _add_exchange(chosen: Chosen, row: Row) -> None:
    exchange, prompt, tip, answer, answers, *hashes, owner = row
    chosen.exchanges.add(exchange)
    chosen.owners.add(owner)
    chosen.prompts.update(_present([prompt]))
    chosen.messages.update(_present([tip, answer]))
    if answers is not None:
        chosen.messages.update(message for message, _ in msgspec.msgpack.decode(answers, type=list[tuple[int, bytes]]))
    chosen.hashes.update(_present(hashes))


def _present(values: Iterable[Any]) -> Iterator[Any]:
    return (value for value in values if value is not None)


def _add_prompts(connection: sqlite3.Connection, chosen: Chosen) -> None:
    for prompt, items in connection.execute(SQL["chosen_prompts"], (_listed(chosen.prompts),)).fetchall():
        chosen.prompts.add(prompt)
        for message, system, _, _ in msgspec.msgpack.decode(items, type=list[tuple[int, bytes | None, bytes, bytes]]):
            chosen.messages.update({message} - {0})
            chosen.hashes.update(_present([system]))


def _add_segments(connection: sqlite3.Connection, chosen: Chosen) -> None:
    """The sessions' own, and those that their closings took over from others."""
    sessions = (_listed(chosen.sessions),)
    chosen.segments.update(row for (row,) in connection.execute(SQL["chosen_segments"], sessions))
    for (listed,) in connection.execute(SQL["chosen_closings"], sessions):
        chosen.segments.update(msgspec.msgpack.decode(listed, type=list[int]))


def _add_blobs(connection: sqlite3.Connection, chosen: Chosen) -> None:
    """The blobs that were named, and those that residues name in turn."""
    waiting = list(chosen.hashes)
    while waiting:
        found = connection.execute(SQL["blob_row"], (waiting.pop(),)).fetchone()
        if found is None or found[0] in chosen.blobs:
            continue
        row, kind, packed, data = found
        chosen.blobs.add(row)
        if kind == "residue":
            waiting += residue_names(unpack_blob(packed, data))


def _listed(rows: Iterable[int]) -> str:
    return json.dumps(sorted(rows))
