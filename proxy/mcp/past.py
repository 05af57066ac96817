"""What an agent may ask of its own past: answers as JSON, from the store, of one owner alone.

Knows nothing of the protocol that carries them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from proxy.errors import BadRequest, NotFound
from proxy.sessions.accounts import NANO, moment
from storage.inquiries import Hit, Inquiry
from storage.ports import Store
from storage.records import MessageRow, SessionRow

Answer = Mapping[str, object]
Reflect = Callable[[bytes | None, int], Awaitable[Answer]]
"""A reflection over the latest entries of an owner, or of all."""
Expand = Callable[[bytes | None, str], Awaitable[Answer | None]]
"""The messages that a segment stands for; None if the owner has no such segment."""

ROLES = ("system", "user", "assistant", "tool")
MOST = 100
EXCERPT = 600
HEAD, TAIL = 3, 5


@dataclass(frozen=True, slots=True)
class Past:
    """The past of an ``owner``, or with None of all."""

    store: Store
    owner: bytes | None
    reflect: Reflect | None = None
    segment: Expand | None = None

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
        """What a session was about: its figures, its beginning and its end."""
        row = await self.store.session(session, self.owner)
        if row is None:
            message = f"There is no session {session!r}; session_history without a query lists the latest."
            raise NotFound(message)
        spoken = [message for message in await self.store.messages(row.id) if message.text and message.role != "system"]
        ends = [*spoken[:HEAD], *spoken[max(HEAD, len(spoken) - TAIL) :]]
        calls = await self.store.calls(row.id)
        tools = {name: sum(call.name == name for call in calls) for name in sorted({call.name for call in calls})}
        failed = sum(call.ok is False for call in calls)
        left_out = len(spoken) - len(ends)
        said = [_said(message) for message in ends]
        return {**_listed(row), "tools": tools, "failed_calls": failed, "messages_left_out": left_out, "messages": said}

    async def self_reflect(self, limit: int) -> Answer:
        """What went wrong lately, and what keeps coming back."""
        if self.reflect is not None:
            return await self.reflect(self.owner, max(1, limit))
        rows = await self.store.sessions(self.owner, max(1, min(limit, MOST)))
        errors = [_listed(row) for row in rows if row.errors]
        return {"sessions": len(rows), "sessions_with_errors": errors}

    async def expand(self, segment: str) -> Answer:
        """What a summary stands for. A session's id or name gives the whole session."""
        found = await self.segment(self.owner, segment) if self.segment is not None else None
        if found is not None:
            return found
        row = await self.store.session(segment, self.owner)
        if row is None:
            message = f"There is no segment {segment!r}, and no session of that id or name."
            raise NotFound(message)
        return {"session": _id(row.id), "messages": [_said(each, 0) for each in await self.store.messages(row.id)]}


def _id(uid: bytes) -> str:
    return str(UUID(bytes=uid))


def _listed(row: SessionRow) -> dict[str, object]:
    return {
        "session": _id(row.id),
        "name": row.name,
        "title": row.title,
        "model": row.model,
        "message_count": row.messages,
        "tool_calls": row.tool_calls,
        "errors": row.errors,
        "total_tokens": row.prompt_tokens + row.completion_tokens,
        "estimated_cost": row.cost / NANO,
        "created_at": moment(row.created_at),
        "last_update": moment(row.updated_at),
    }


def _hit(hit: Hit) -> dict[str, object]:
    return {"session": _id(hit.session), "role": hit.role, "at": moment(hit.at), "text": _cut(hit.text, EXCERPT)}


def _said(message: MessageRow, most: int = EXCERPT) -> dict[str, object]:
    return {"role": message.role, "at": moment(message.at), "text": _cut(message.text, most)}


def _cut(text: str, most: int) -> str:
    return text if not most or len(text) <= most else text[: most - 1] + "…"
