"""Rows -> the JSON that programs read, in the shapes of ``/api``'s answers.

Pure. Ids are UUID text, times RFC 3339 in UTC, money dollars as decimal numbers; what is unknown is null. Messages
stand in it as the client wrote them.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from proxy.cli.conversation import Conversation, Recorded
from proxy.shapes.branches import Branch
from proxy.shapes.figures import rfc3339, uuid
from proxy.shapes.plain import escape
from proxy.shapes.wire import system_text, verbatim
from storage.records import Attempt, CallRow, ExchangeRow, MessageRow, ModelTotals, SessionRow, Totals

Shape = dict[str, Any]


def write(value: object) -> str:
    """Write a shape as JSON that is safe on a terminal."""
    return escape(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def session(row: SessionRow) -> Shape:
    """A session as ``/api/sessions`` lists it."""
    return {
        "id": uuid(row.id),
        "name": row.name,
        "title": row.title,
        "parent_id": uuid(row.parent),
        "tags": list(row.tags),
        "metadata": row.meta,
        "model": row.model,
        "user_agent": row.user_agent,
        "created_at": rfc3339(row.created_at),
        "last_update": rfc3339(row.updated_at),
        "stats": session_stats(row),
    }


def session_stats(row: SessionRow) -> Shape:
    """A session's sums."""
    return {
        "session_id": uuid(row.id),
        "total_exchanges": row.exchanges,
        "total_messages": row.messages,
        "user_messages": row.user_messages,
        "ai_messages": row.ai_messages,
        "tool_calls": row.tool_calls,
        "errors": row.errors,
        **_tokens(row.prompt_tokens, row.completion_tokens, row.cached_tokens),
        **_cost(row.cost, row.unpriced),
        "created_at": rfc3339(row.created_at),
        "last_update": rfc3339(row.updated_at),
    }


def conversation(recorded: Recorded, shown: Conversation) -> Shape:
    """A session with its branches, and all that is recorded of it; ``path`` are the messages shown."""
    return session(recorded.session) | {
        "child_ids": [uuid(child.id) for child in recorded.children],
        "branch": shown.branch.number if shown.branch else None,
        "branches": [branch(each) for each in shown.tree.branches],
        "system": {hash.hex(): system_text(data) for hash, data in recorded.systems.items()},
        "path": [step.message.id for step in (shown.tree.steps(shown.branch) if shown.branch else [])],
        "messages": [message(row) for row in recorded.messages],
        "tool_calls": [call(row) for row in recorded.calls],
        "exchanges": [exchange(row, recorded.attempts.get(row.id, ())) for row in recorded.exchanges],
    }


def branch(one: Branch[MessageRow]) -> Shape:
    """Where a branch parts from another, and its own messages' ends."""
    return {
        "number": one.number,
        "parent_message": one.parent or None,
        "first_message": one.first.id,
        "last_message": one.last.id,
        "own_messages": one.length,
    }


def message(row: MessageRow) -> Shape:
    """A message with its verbatim JSON."""
    return {
        "id": row.id,
        "parent_id": row.parent or None,
        "role": row.role,
        "text": row.text,
        "message": verbatim(row.body),
        "tokens": row.tokens,
        "relayed": row.relayed,
        "exchange_id": uuid(row.exchange),
        "at": rfc3339(row.at),
        "ending": row.ending or None,
        "finish_reason": row.finish_reason or None,
    }


def call(row: CallRow) -> Shape:
    """A tool call; its arguments are the wire's text."""
    return {
        "id": row.id,
        "name": row.name,
        "arguments": row.arguments,
        "message_id": row.message,
        "result_message_id": row.result or None,
        "success": row.ok,
        "called_at": rfc3339(row.called_at),
        "returned_at": rfc3339(row.returned_at),
    }


def exchange(row: ExchangeRow, attempts: Sequence[Attempt] = ()) -> Shape:
    """One request with its reply, without their bodies; its attempts, where the first one didn't do."""
    return {
        "id": uuid(row.id),
        "session_id": uuid(row.session),
        "match": row.match or None,
        "method": row.method,
        "path": row.path,
        "dialect": row.dialect or None,
        "provider": row.provider or None,
        "model": row.model or None,
        "sent_model": row.sent_model or None,
        "answered_by": row.answered_by or None,
        "stream": row.stream,
        "parsed": row.parsed,
        "status": row.status or None,
        "ending": row.ending or None,
        "finish_reason": row.finish_reason or None,
        "upstream_id": row.upstream_id or None,
        "user_agent": row.user_agent or None,
        "started_at": rfc3339(row.at),
        "first_byte_at": rfc3339(row.first_byte_at),
        "ended_at": rfc3339(row.ended_at),
        "usage": _usage(row),
        "estimated_cost": _dollars(row.cost),
        "error": _error(row),
        "retry_of": uuid(row.retry_of),
        "message_id": row.tip or None,
        "answer_id": row.answer or None,
        "system": row.system.hex() or None,
        "asked": row.asked or None,
        "said": list(row.said),
        "attempts": [attempt(each) for each in attempts],
    }


def attempt(one: Attempt) -> Shape:
    """One try at a provider."""
    return {
        "number": one.number,
        "provider": one.provider,
        "started_at": rfc3339(one.started_at),
        "ended_at": rfc3339(one.ended_at),
        "status": one.status or None,
        "error": one.error or None,
    }


def totals(row: Totals) -> Shape:
    """Sums over the whole store, and by model."""
    cost = sum(model.cost for model in row.models)
    unpriced = sum(model.unpriced for model in row.models)
    tokens = (
        sum(model.prompt_tokens for model in row.models),
        sum(model.completion_tokens for model in row.models),
        sum(model.cached_tokens for model in row.models),
    )
    return {
        "sessions": row.sessions,
        "total_exchanges": row.exchanges,
        "total_messages": row.messages,
        "tool_calls": row.tool_calls,
        "errors": row.errors,
        "open_exchanges": row.open,
        "lost_exchanges": row.lost,
        **_tokens(*tokens),
        **_cost(cost, unpriced),
        "created_at": rfc3339(row.first_at),
        "last_update": rfc3339(row.last_at),
        "models": [model_totals(model) for model in row.models],
    }


def model_totals(row: ModelTotals) -> Shape:
    """What one model was asked and cost."""
    return {
        "model": row.model,
        "provider": row.provider,
        "total_exchanges": row.exchanges,
        "errors": row.errors,
        **_tokens(row.prompt_tokens, row.completion_tokens, row.cached_tokens),
        **_cost(row.cost, row.unpriced),
    }


def _tokens(prompt: int, completion: int, cached: int) -> Shape:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "cached_tokens": cached,
        "total_tokens": prompt + completion,
    }


def _cost(cost: int, unpriced: int) -> Shape:
    known = None if unpriced and not cost else cost
    return {"estimated_cost": _dollars(known), "unpriced_exchanges": unpriced}


def _usage(row: ExchangeRow) -> Shape:
    return {
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "cached_tokens": row.cached_tokens,
        "reasoning_tokens": row.reasoning_tokens,
        "cache_written_tokens": row.cache_written_tokens,
        "source": row.usage_source,
    }


def _error(row: ExchangeRow) -> Shape | None:
    if not (row.error_message or row.error_type or row.error_code or row.error_body):
        return None
    return {
        "message": row.error_message,
        "type": row.error_type or None,
        "code": row.error_code or None,
        "body": row.error_body.decode(errors="replace"),
    }


def _dollars(nano: int | None) -> float | None:
    return None if nano is None else nano / 1e9
