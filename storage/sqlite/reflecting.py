"""The latest entries, with what a reflection looks at: what was asked, answered, called, spent, and what failed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from storage.cleaning import LARGEST
from storage.inquiries import EntryRow, ToolRow
from storage.queries import load_queries

SQL = load_queries("storage.sqlite", "reflecting.sql")
SLACK = 86_400_000_000
"""Rows come nearly in the order of their times, but not quite: a day is more than any request takes."""


def entries(connection: sqlite3.Connection, owner: bytes | None, limit: int, span: tuple[int, int]) -> list[EntryRow]:
    """Up to so many of the latest entries of a span of time, newest first."""
    found: list[EntryRow] = []
    if limit > 0:
        for row in _within(connection, owner, span):
            found.append(row)
            if len(found) == limit:
                break
    return found


def _within(connection: sqlite3.Connection, owner: bytes | None, span: tuple[int, int]) -> Iterator[EntryRow]:
    since, until = span[0], span[1] or LARGEST
    for row in connection.execute(SQL["entries"], (owner,)):
        at, answer = row[2], row[-1]
        if at < since - SLACK:
            return
        if since <= at < until:
            tools = connection.execute(SQL["tools"], (answer,)).fetchall()
            yield EntryRow(*(*row[:-1], tuple(map(_tool, tools))))


def _tool(row: tuple[str, int | None, int, int, str]) -> ToolRow:
    name, ok, called_at, returned_at, said = row
    return ToolRow(name, None if ok is None else bool(ok), called_at, returned_at, said)
