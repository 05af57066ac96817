"""The database in which the command-line tool ``llm`` keeps its logs, read as plain rows. Nothing in it is changed.

Its releases have added tables and columns over time: what isn't there reads as nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from storage.ports import StoreError
from storage.queries import load_queries
from storage.values import Value

SQL = load_queries("storage", "llmlogs.sql")
MAGIC = b"SQLite format 3\0"


class LoggedCall(Value, frozen=True):
    """A tool that was called in a response, or the result that was given with a prompt."""

    id: str
    name: str
    text: str


class Logged(Value, frozen=True):
    """One prompt with its response."""

    id: str
    conversation: str
    title: str
    model: str
    prompt: str
    system: str
    response: str
    at: str
    milliseconds: int
    input_tokens: int | None
    output_tokens: int | None
    calls: tuple[LoggedCall, ...] = ()
    results: tuple[LoggedCall, ...] = ()


def read_logs(path: Path) -> Iterator[Logged]:
    """The responses, conversation by conversation, each in its order. Raises ``StoreError``."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            yield from _responses(connection)
    except sqlite3.Error as error:
        message = f"{path} can't be read as a log of llm ({error})"
        raise StoreError(message) from error


def _responses(connection: sqlite3.Connection) -> Iterator[Logged]:
    connection.row_factory = sqlite3.Row
    has = {row[0] for row in connection.execute(SQL["tables"])}
    if "responses" not in has:
        message = "the database has no table of responses: it is no log of llm"
        raise StoreError(message)
    query = "responses" if "conversations" in has else "responses_alone"
    for row in connection.execute(SQL[query]).fetchall():
        fields = dict(row)
        calls = _calls(connection, "tool_calls", fields) if "tool_calls" in has else ()
        results = _calls(connection, "tool_results", fields) if "tool_results" in has else ()
        yield _logged(fields, calls, results)


def _logged(row: dict[str, Any], calls: tuple[LoggedCall, ...], results: tuple[LoggedCall, ...]) -> Logged:
    def text(name: str) -> str:
        value = row.get(name)
        return value if isinstance(value, str) else ""

    def number(name: str) -> int | None:
        value = row.get(name)
        return value if isinstance(value, int) else None

    return Logged(
        id=str(row.get("id") or ""),
        conversation=text("conversation_id"),
        title=text("conversation_name"),
        model=text("resolved_model") or text("model"),
        prompt=text("prompt"),
        system=text("system"),
        response=text("response"),
        at=text("datetime_utc"),
        milliseconds=number("duration_ms") or 0,
        input_tokens=number("input_tokens"),
        output_tokens=number("output_tokens"),
        calls=calls,
        results=results,
    )


def _calls(connection: sqlite3.Connection, kind: str, response: dict[str, Any]) -> tuple[LoggedCall, ...]:
    rows = connection.execute(SQL[kind], (response.get("id"),))
    return tuple(LoggedCall(str(row[0] or ""), str(row[1] or ""), str(row[2] or "")) for row in rows)
