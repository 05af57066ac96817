"""A session's rows as a program gets them: turns, and figures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from proxy.savings import savings, unknown
from proxy.shapes.sessions import SessionStats, session_stats, with_context
from proxy.shapes.spelling import rfc3339
from storage.records import CallRow, CompactedRow, MessageRow, SegmentRow, SessionRow

SPEAKERS = ("user", "assistant")
SUMMARY = "system"


@dataclass(frozen=True, slots=True)
class Account:
    """All that is asked of a session."""

    row: SessionRow
    messages: Sequence[MessageRow]
    calls: Sequence[CallRow] = ()
    segments: Sequence[SegmentRow] = ()
    compacted: Sequence[CompactedRow] = ()
    infinite: bool = False

    def turns(self, closed: Sequence[MessageRow] = (), summary: str = "") -> list[dict[str, object]]:
        """What user and assistant said; a summary stands in place of messages that are closed."""
        gone = {message.id for message in closed}
        head = [_turn(SUMMARY, summary, closed[-1].at)] if closed else []
        rest = (message for message in self._spoken() if message.id not in gone)
        return [*head, *(_turn(message.role, message.text, message.at) for message in rest)]

    def _spoken(self) -> list[MessageRow]:
        """What isn't only a tool call, nor its result."""
        callers = {call.message for call in self.calls}
        return [message for message in self.messages if message.role in SPEAKERS and message.id not in callers]

    def sums(self) -> SessionStats:
        """Its figures, as ``/api`` gives them; a message that only calls a tool is no message, but a tool call."""
        spoken = [message.role for message in self._spoken()]
        stats = with_context(session_stats(self.row), self.segments, savings(self.compacted, unknown))
        return msgspec.structs.replace(
            stats,
            total_events=len(spoken) + stats.tool_calls + stats.errors + stats.decisions,
            total_messages=len(spoken),
            user_messages=spoken.count("user"),
            ai_messages=spoken.count("assistant"),
            infinite_context=self.infinite or stats.infinite_context,
        )


def _turn(role: str, content: str, at: int) -> dict[str, object]:
    return {"role": role, "content": content, "timestamp": rfc3339(at)}


def unanswered_tokens(messages: Sequence[MessageRow]) -> int:
    """The tokens of what came after the latest answer."""
    tokens = 0
    for message in reversed(messages):
        if message.role == "assistant":
            break
        tokens += message.tokens
    return tokens
