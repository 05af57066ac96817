"""What an agent may ask of its own past: answers as JSON, from the store, of one owner alone.

Knows nothing of the protocol that carries them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from proxy.answers.reflections import reflection
from proxy.errors import BadRequest, NotFound
from proxy.reflecting import Reflector, Span
from proxy.shapes.chains import standing
from proxy.shapes.spelling import dollars, rfc3339, uuid
from storage.inquiries import Hit, Inquiry
from storage.ports import Store
from storage.records import MessageRow, SegmentRow, SessionRow

Answer = Mapping[str, object]

ROLES = ("system", "user", "assistant", "tool")
MOST = 100
MOST_ENTRIES = 1_000
EXCERPT = 600
HEAD, TAIL = 3, 5


@dataclass(frozen=True, slots=True)
class Past:
    """The past of an ``owner``, or with None of all."""

    store: Store
    reflector: Reflector
    owner: bytes | None

    async def session_history(self, query: str, role: str | None, limit: int) -> Answer:
        """Messages in which every word of the query stands; without a query, the latest sessions."""
        if role is not None and role not in ROLES:
            message = f"role is one of {', '.join(ROLES)}, or left out."
            raise BadRequest(message, param="role")
        limit = max(1, min(limit, MOST))
        if not query.strip():
            rows = await self.store.sessions(self.owner, limit)
            return {"sessions": [_listed(row) for row in rows]}
        found = await self.store.search(Inquiry(query, role=role or "", owner=self.owner or b"", limit=limit))
        return {"messages": [_hit(hit) for hit in found.hits]}

    async def session_summary(self, session: str) -> Answer:
        """What a session was about: its figures, its summaries, its beginning and its end."""
        row = await self.store.session(session, self.owner)
        if row is None:
            message = f"There is no session {session!r}; session_history without a query lists the latest."
            raise NotFound(message)
        spoken = [message for message in await self.store.messages(row.id) if message.text and message.role != "system"]
        ends = [*spoken[:HEAD], *spoken[max(HEAD, len(spoken) - TAIL) :]]
        calls = await self.store.calls(row.id)
        return {
            **_listed(row),
            "tools": {name: sum(call.name == name for call in calls) for name in sorted({call.name for call in calls})},
            "failed_calls": sum(call.ok is False for call in calls),
            "summaries": [_summary(one) for one in reversed(standing(await self.store.segments(row.id)))],
            "messages_left_out": len(spoken) - len(ends),
            "messages": [_said(message, EXCERPT) for message in ends],
        }

    async def self_reflect(self, limit: int) -> Answer:
        """What went wrong lately, and what keeps coming back."""
        seen = await self.reflector.reflect(self.owner, Span(max(1, min(limit, MOST_ENTRIES))))
        answer: Answer = msgspec.to_builtins(reflection(seen))
        return answer

    async def expand(self, segment: str) -> Answer:
        """What a summary stands for. A session's id or name gives the whole session."""
        hash = _hash(segment)
        found = await self.store.expanded(hash, self.owner) if hash else None
        if found is not None:
            told = [_said(each) for each in found.messages]
            return {"session": uuid(found.session), **_summary(found.segment), "messages": told}
        row = await self.store.session(segment, self.owner)
        if row is None:
            message = f"There is no segment {segment!r}, and no session of that id or name."
            raise NotFound(message)
        return {"session": uuid(row.id), "messages": [_said(each) for each in await self.store.messages(row.id)]}


def _hash(segment: str) -> bytes:
    try:
        return bytes.fromhex(segment)
    except ValueError:
        return b""


def _listed(row: SessionRow) -> dict[str, object]:
    return {
        "session": uuid(row.id),
        "name": row.name,
        "title": row.title,
        "model": row.model,
        "message_count": row.messages,
        "tool_calls": row.tool_calls,
        "errors": row.errors,
        "total_tokens": row.prompt_tokens + row.completion_tokens,
        "estimated_cost": dollars(row.cost),
        "created_at": rfc3339(row.created_at),
        "last_update": rfc3339(row.updated_at),
    }


def _summary(row: SegmentRow) -> dict[str, object]:
    return {"segment": row.hash.hex(), "stands_for": f"messages {row.start + 1} to {row.end}", "summary": row.text}


def _hit(hit: Hit) -> dict[str, object]:
    return {"session": uuid(hit.session), "role": hit.role, "at": rfc3339(hit.at), "text": _cut(hit.text, EXCERPT)}


def _said(message: MessageRow, most: int = 0) -> dict[str, object]:
    return {"role": message.role, "at": rfc3339(message.at), "text": _cut(message.text, most)}


def _cut(text: str, most: int) -> str:
    return text if not most or len(text) <= most else text[: most - 1] + "…"
