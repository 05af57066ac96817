"""What newer releases of ``llm`` log: turns, each from one message to another in a tree of messages made of parts.

Text that was borrowed from fragments is put together again, attachments are found by their ids.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from storage.llmlogs.rows import attached, number, text
from storage.llmlogs.values import Attached, Logged, LoggedCall, LoggedMessage
from storage.queries import load_queries

SQL = load_queries("storage.llmlogs", "turns.sql")


def read_turns(connection: sqlite3.Connection) -> Iterator[Logged]:
    """The turns, thread by thread, each with the messages that the one before it didn't have.

    One that doesn't go on from there begins a conversation of its own.
    """
    name = thread = tip = ""
    for row in connection.execute(SQL["turns"]).fetchall():
        mine = text(row, "thread_id") or text(row, "id")
        tip = tip if mine == thread else ""
        chain = connection.execute(SQL["chain"], (text(row, "tip_message_hash"), tip)).fetchall()
        if not chain:
            continue
        if mine != thread or chain[0]["parent"] != tip:
            name = f"{mine}/{text(row, 'id')}" if mine == thread else mine
        thread, tip = mine, text(row, "tip_message_hash")
        messages = tuple(said for message in chain for said in _Message(connection, message).said())
        if messages:
            yield _logged(row, name, messages)


def _logged(row: sqlite3.Row, conversation: str, messages: tuple[LoggedMessage, ...]) -> Logged:
    return Logged(
        id=text(row, "id"),
        conversation=conversation,
        title=text(row, "thread_name"),
        model=text(row, "resolved_model") or text(row, "model"),
        at=text(row, "datetime_utc"),
        milliseconds=number(row, "duration_ms") or 0,
        input_tokens=number(row, "input_tokens"),
        output_tokens=number(row, "output_tokens"),
        messages=messages,
    )


@dataclass(frozen=True, slots=True)
class _Message:
    """One message of the tree."""

    connection: sqlite3.Connection
    row: sqlite3.Row

    def said(self) -> Iterator[LoggedMessage]:
        """The message; each result of a tool is one by itself."""
        parts = [_fields(row) for row in self.connection.execute(SQL["parts"], (self.row["hash"],))]
        role, results = text(self.row, "role"), [part for part in parts if part["type"] == "tool_result"]
        if role != "tool":
            yield LoggedMessage(
                role,
                "".join(self._text(part) for part in parts if part["type"] == "text"),
                "".join(self._text(part) for part in parts if part["type"] == "reasoning"),
                calls=tuple(_call(part) for part in parts if part["type"] == "tool_call"),
                attached=tuple(held for part in parts if part["type"] == "attachment" for held in self._held(part)),
            )
        for part in results:
            output = str(part.get("output") or part.get("exception") or "")
            name = str(part.get("tool_call_id") or "")
            yield LoggedMessage("tool", output, call_id=name, attached=tuple(self._held(part)))

    def _text(self, part: dict[str, Any]) -> str:
        pieces = part.get("text_ref")
        if not isinstance(pieces, list):
            return str(part.get("text") or "")
        return "".join(self._piece(piece) for piece in pieces if isinstance(piece, dict))

    def _piece(self, piece: dict[str, Any]) -> str:
        if "literal" in piece:
            return str(piece["literal"])
        found = self.connection.execute(SQL["fragment"], (piece.get("fragment"),)).fetchone()
        return text(found, "content") if found else ""

    def _held(self, part: dict[str, Any]) -> Iterator[Attached]:
        for named in [part.get("attachment"), *(part.get("attachments") or [])]:
            key = named.get("id") if isinstance(named, dict) else None
            found = self.connection.execute(SQL["attachment"], (key,)).fetchone()
            if found is not None:
                yield attached(found)


def _fields(row: sqlite3.Row) -> dict[str, Any]:
    """A part: what stands in its columns, and the rest of it, which is JSON."""
    try:
        payload = json.loads(text(row, "payload") or "{}")
    except ValueError:
        payload = {}
    fields = payload if isinstance(payload, dict) else {}
    return {**fields, "type": row["type"], **({"text": row["text"]} if row["text"] is not None else {})}


def _call(part: dict[str, Any]) -> LoggedCall:
    name, key = str(part.get("name") or ""), str(part.get("tool_call_id") or "")
    return LoggedCall(key, name, json.dumps(part.get("arguments") or {}, ensure_ascii=False))
