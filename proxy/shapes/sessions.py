"""Sessions with their sums, messages, branches and tool calls, as programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from proxy.savings import Savings as Sums
from proxy.shapes.branches import Branch as TreeBranch
from proxy.shapes.chains import standing
from proxy.shapes.savings import Savings, savings
from proxy.shapes.spelling import dollars, rfc3339, uuid
from proxy.shapes.wire import verbatim
from storage.records import CallRow, MessageRow, SegmentRow, SessionRow


class SessionStats(msgspec.Struct, frozen=True, kw_only=True):
    """A session's sums. Where a cost is unknown it is null, and ``unpriced_exchanges`` says how many have no price."""

    session_id: str | None
    session_segments: int
    session_chain: list[str]
    total_events: int
    total_exchanges: int
    total_messages: int
    user_messages: int
    ai_messages: int
    tool_calls: int
    decisions: int
    errors: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    total_tokens: int
    tokens_saved: int
    estimated_cost: float | None
    unpriced_exchanges: int
    created_at: str | None
    last_update: str | None
    infinite_context: bool
    savings: Savings | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session. ``name`` is the client's own id for it; both work wherever a session is named."""

    id: str | None
    name: str | None
    title: str
    parent_id: str | None
    tags: list[str]
    metadata: dict[str, str]
    owner: str | None
    model: str
    user_agent: str
    created_at: str | None
    last_update: str | None
    stats: SessionStats


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """One way through a session's tree: where it parts from another, and its own messages' ends."""

    number: int
    parent_message: int | None
    first_message: int
    last_message: int
    own_messages: int


class SessionDetail(Session, frozen=True, kw_only=True):
    """A session with those below it and its branches; the main line is the ``forks`` entry that ``main`` numbers."""

    child_ids: list[str]
    forks: list[Branch]
    main: int | None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message with its verbatim JSON."""

    id: int
    parent_id: int | None
    role: str
    text: str
    message: Any
    tokens: int
    relayed: bool
    exchange_id: str | None
    at: str | None
    ending: str | None
    finish_reason: str | None


class ToolCall(msgspec.Struct, frozen=True, kw_only=True):
    """A tool call; its arguments are the wire's text."""

    id: str
    name: str
    arguments: str
    message_id: int
    result_message_id: int | None
    success: bool | None
    called_at: str | None
    returned_at: str | None


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A closed run of a session's messages, with the summary that may stand for it."""

    id: str
    previous_id: str | None
    first_message: int
    last_message: int
    digest: str
    level: int
    tokens: int
    summary: str | None
    summarizer: str | None
    created_at: str | None


def segment(row: SegmentRow, before: SegmentRow | None = None) -> Segment:
    """A segment, and the one ``before`` it; messages count from the first of the client's list, which is 0."""
    return Segment(
        id=row.hash.hex(),
        previous_id=before.hash.hex() if before else None,
        first_message=row.start,
        last_message=row.end - 1,
        digest=row.digest.hex(),
        level=row.level,
        tokens=row.tokens,
        summary=row.text,
        summarizer=row.summarizer,
        created_at=rfc3339(row.created_at),
    )


def with_context(stats: SessionStats, segments: Sequence[SegmentRow], saved: Sums) -> SessionStats:
    """A session's sums with what was saved of its context, and the chain of its segments, oldest first: the session's
    own id stands for what is open."""
    chain = [*(row.hash.hex() for row in reversed(standing(segments))), *stats.session_chain]
    return msgspec.structs.replace(
        stats,
        session_segments=len(chain),
        session_chain=chain,
        tokens_saved=saved.tokens_saved,
        infinite_context=bool(saved.exchanges or segments),
        savings=savings(saved),
    )


def session_stats(row: SessionRow) -> SessionStats:
    """A session's sums."""
    return SessionStats(
        session_id=uuid(row.id),
        session_segments=1,
        session_chain=[uuid(row.id) or ""],
        total_events=row.messages + row.tool_calls + row.errors + row.decisions,
        total_exchanges=row.exchanges,
        total_messages=row.messages,
        user_messages=row.user_messages,
        ai_messages=row.ai_messages,
        tool_calls=row.tool_calls,
        decisions=row.decisions,
        errors=row.errors,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        cached_tokens=row.cached_tokens,
        total_tokens=row.prompt_tokens + row.completion_tokens,
        tokens_saved=0,
        estimated_cost=dollars(None if row.unpriced and not row.cost else row.cost),
        unpriced_exchanges=row.unpriced,
        created_at=rfc3339(row.created_at),
        last_update=rfc3339(row.updated_at),
        infinite_context=False,
    )


def session(row: SessionRow) -> Session:
    """A session as it is listed."""
    return Session(**_described(row))


def session_detail(
    row: SessionRow,
    children: Sequence[bytes],
    branches: Sequence[TreeBranch[MessageRow]],
    main: TreeBranch[MessageRow] | None,
) -> SessionDetail:
    """A session with its place among others, and its branches."""
    return SessionDetail(
        **_described(row),
        child_ids=[str(uuid(child)) for child in children],
        forks=[branch(each) for each in branches],
        main=main.number if main else None,
    )


def _described(row: SessionRow) -> dict[str, Any]:
    return {
        "id": uuid(row.id),
        "name": row.name,
        "title": row.title,
        "parent_id": uuid(row.parent),
        "tags": list(row.tags),
        "metadata": row.meta,
        "owner": row.owner.hex() or None,
        "model": row.model,
        "user_agent": row.user_agent,
        "created_at": rfc3339(row.created_at),
        "last_update": rfc3339(row.updated_at),
        "stats": session_stats(row),
    }


def branch(one: TreeBranch[MessageRow]) -> Branch:
    """Where a branch parts from another, and its own messages' ends."""
    return Branch(
        number=one.number,
        parent_message=one.parent or None,
        first_message=one.first.id,
        last_message=one.last.id,
        own_messages=one.length,
    )


def message(row: MessageRow) -> Message:
    """A message with its verbatim JSON."""
    return Message(
        id=row.id,
        parent_id=row.parent or None,
        role=row.role,
        text=row.text,
        message=verbatim(row.body),
        tokens=row.tokens,
        relayed=row.relayed,
        exchange_id=uuid(row.exchange),
        at=rfc3339(row.at),
        ending=row.ending or None,
        finish_reason=row.finish_reason or None,
    )


def call(row: CallRow) -> ToolCall:
    """A tool call."""
    return ToolCall(
        id=row.id,
        name=row.name,
        arguments=row.arguments,
        message_id=row.message,
        result_message_id=row.result or None,
        success=row.ok,
        called_at=rfc3339(row.called_at),
        returned_at=rfc3339(row.returned_at),
    )
