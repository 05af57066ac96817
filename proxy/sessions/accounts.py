"""A session's rows as a program gets them: turns, and figures. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from storage.records import CallRow, MessageRow, SessionRow

NANO = 1_000_000_000
SPEAKERS = ("user", "assistant")


@dataclass(frozen=True, slots=True)
class Account:
    """All that is asked of a session, with the ids of its ``segments``."""

    row: SessionRow
    messages: Sequence[MessageRow]
    calls: Sequence[CallRow]
    segments: Sequence[str]
    infinite: bool

    def turns(self) -> list[dict[str, object]]:
        """What user and assistant said."""
        return [self._turn(message) for message in self.messages if self._speaks(message)]

    def _turn(self, message: MessageRow) -> dict[str, object]:
        return {"role": message.role, "content": message.text, "timestamp": moment(message.at)}

    def _speaks(self, message: MessageRow) -> bool:
        return message.role in SPEAKERS and message.id not in self._callers

    @property
    def _callers(self) -> Collection[int]:
        """The messages that only call tools."""
        return {call.message for call in self.calls}

    def stats(self) -> Mapping[str, object]:
        """Its figures."""
        row, spoken = self.row, [message.role for message in self.messages if self._speaks(message)]
        return {
            "session_id": str(UUID(bytes=row.id)),
            "session_segments": len(self.segments),
            "session_chain": list(self.segments),
            "total_events": len(spoken) + row.tool_calls,
            "total_messages": len(spoken),
            "user_messages": spoken.count("user"),
            "ai_messages": spoken.count("assistant"),
            "tool_calls": row.tool_calls,
            "decisions": 0,
            "errors": row.errors,
            "prompt_tokens": row.prompt_tokens,
            "completion_tokens": row.completion_tokens,
            "cached_tokens": row.cached_tokens,
            "total_tokens": row.prompt_tokens + row.completion_tokens,
            "tokens_saved": 0,
            "estimated_cost": row.cost / NANO,
            "created_at": moment(row.created_at),
            "last_update": moment(row.updated_at),
            "infinite_context": self.infinite,
        }


def unanswered_tokens(messages: Sequence[MessageRow]) -> int:
    """The tokens of what came after the latest answer."""
    tokens = 0
    for message in reversed(messages):
        if message.role == "assistant":
            break
        tokens += message.tokens
    return tokens


def moment(micros: int) -> str:
    """A time as RFC 3339 has it."""
    return datetime.fromtimestamp(micros / 1_000_000, UTC).isoformat().replace("+00:00", "Z")
