"""A session as it is written for people and for training: its branches, each from the root to a leaf. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proxy.dialects import DIALECTS
from proxy.dialects.jsontext import load, object_of, text_of
from proxy.messages import Message, Role
from storage.views import CallRow, ExchangeRow, MessageRow, SessionRow

CHAT = "chat"
KEPT = ("role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal", "weight")
"""What is a message's own; the rest is how a reply was told."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What is known of a session. ``systems`` are system prompts by their hashes, ``tools`` lists by exchange."""

    session: SessionRow
    messages: Sequence[MessageRow]
    calls: Sequence[CallRow] = ()
    exchanges: Mapping[bytes, ExchangeRow] = field(default_factory=dict)
    systems: Mapping[bytes, bytes] = field(default_factory=dict)
    tools: Mapping[bytes, Any] = field(default_factory=dict)

    def branches(self) -> list[list[MessageRow]]:
        """The messages up to each leaf, the oldest leaf first."""
        rows = {row.id: row for row in self.messages}
        followed = {row.parent for row in self.messages}
        return [_path(rows, row) for row in self.messages if row.id not in followed]

    def dialect(self, row: MessageRow) -> str:
        """The wire format of a message; that of chat completions where it isn't known."""
        exchange = self.exchanges.get(row.exchange)
        return exchange.dialect if exchange is not None and exchange.dialect in DIALECTS else CHAT

    def read(self, row: MessageRow) -> Message:
        """What a message says."""
        return DIALECTS[self.dialect(row)].read_message(row.body)

    def system(self, branch: Sequence[MessageRow]) -> bytes:
        """The system prompt that a branch ended with; empty if it had none."""
        found = (self.exchanges.get(row.exchange) for row in reversed(branch))
        hashes = (exchange.system for exchange in found if exchange is not None)
        return self.systems.get(next(hashes, b""), b"")


def _path(rows: Mapping[int, MessageRow], leaf: MessageRow) -> list[MessageRow]:
    path, row = [leaf], rows.get(leaf.parent)
    while row is not None:
        path.append(row)
        row = rows.get(row.parent)
    return path[::-1]


def system_messages(data: bytes) -> list[dict[str, Any]]:
    """A stored system prompt as messages: it is plain text, or a message, or a list of either."""
    if not data:
        return []
    value = _value(data)
    items = value if isinstance(value, list) and any(_speaks(item) for item in value) else [value]
    return [item if _speaks(item) else {"role": "system", "content": item} for item in items]


def _value(data: bytes) -> Any:
    try:
        return load(data)
    except ValueError:
        return data.decode("utf-8", "replace")


def _speaks(item: Any) -> bool:
    return isinstance(item, dict) and "role" in item


def shared_form(dialogue: Dialogue, row: MessageRow) -> dict[str, Any]:
    """A message as chat completions write it: verbatim if it is one, else by what it says."""
    if dialogue.dialect(row) == CHAT:
        value = object_of(_value(row.body))
        kept = {name: value[name] for name in KEPT if value.get(name) is not None}
        return kept if text_of(kept.get("role")) else {"role": row.role, **kept}
    return neutral_form(dialogue.read(row))


def neutral_form(message: Message) -> dict[str, Any]:
    """A message of any dialect as chat completions would have it."""
    role = "user" if message.role is Role.OTHER else str(message.role)
    form: dict[str, Any] = {"role": role, "content": message.text}
    if message.tool_calls:
        form["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        form["tool_call_id"] = message.tool_call_id
    return form
