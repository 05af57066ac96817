"""What ``llm`` logged before its releases with turns: a row for each prompt with its response."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Set
from dataclasses import dataclass

from storage.llmlogs.rows import attached, number, text
from storage.llmlogs.values import Attached, Logged, LoggedCall, LoggedMessage
from storage.queries import load_queries

SQL = load_queries("storage.llmlogs", "responses.sql")


def read_responses(connection: sqlite3.Connection, has: Set[str]) -> Iterator[Logged]:
    """The responses that stand in no turn, conversation by conversation; ``has`` are the tables that there are."""
    covered = {row[0] for row in connection.execute(SQL["covered"])} if "turns" in has else set()
    query = "responses" if "conversations" in has else "responses_alone"
    for row in connection.execute(SQL[query]).fetchall():
        response = _Response(connection, has, row)
        if covered.isdisjoint((response.id, text(row, "conversation_id"))):
            yield response.logged()


@dataclass(frozen=True, slots=True)
class _Response:
    """One row with those that belong to it."""

    connection: sqlite3.Connection
    has: Set[str]
    row: sqlite3.Row

    @property
    def id(self) -> str:
        """The first releases numbered them."""
        return str(self.row["id"])

    def logged(self) -> Logged:
        row = self.row
        return Logged(
            id=self.id,
            conversation=text(row, "conversation_id"),
            title=text(row, "conversation_name"),
            model=text(row, "resolved_model") or text(row, "model"),
            at=text(row, "datetime_utc"),
            milliseconds=number(row, "duration_ms") or 0,
            input_tokens=number(row, "input_tokens"),
            output_tokens=number(row, "output_tokens"),
            messages=tuple(self._messages()),
        )

    def _messages(self) -> Iterator[LoggedMessage]:
        row = self.row
        system = [*self._fragments("system_fragments"), text(row, "system")]
        if said := "\n\n".join(filter(None, (piece.strip() for piece in system))):
            yield LoggedMessage("system", said)
        results = self._rows("tool_results")
        yield from map(self._result, results)
        prompt = "\n".join(filter(None, (*self._fragments("prompt_fragments"), text(row, "prompt"))))
        held = self._attached("prompt_attachments", row["id"])
        if prompt or held or not results:
            yield LoggedMessage("user", prompt, attached=held)
        calls = tuple(
            LoggedCall(text(call, "tool_call_id"), text(call, "name"), text(call, "arguments"))
            for call in self._rows("tool_calls")
        )
        yield LoggedMessage("assistant", text(row, "response"), text(row, "reasoning"), calls=calls)

    def _result(self, row: sqlite3.Row) -> LoggedMessage:
        held = self._attached("tool_results_attachments", row["id"])
        return LoggedMessage("tool", text(row, "output"), call_id=text(row, "tool_call_id"), attached=held)

    def _attached(self, table: str, key: object) -> tuple[Attached, ...]:
        return tuple(map(attached, self._rows(table, key)))

    def _fragments(self, table: str) -> list[str]:
        return [text(row, "content") for row in self._rows(table)]

    def _rows(self, table: str, key: object = None) -> list[sqlite3.Row]:
        """The rows of a table that belong to the response, or to a row of its own; none where there's no such table."""
        if table not in self.has:
            return []
        return self.connection.execute(SQL[table], (self.row["id"] if key is None else key,)).fetchall()
