"""Exchanges with their attempts, usage and errors, as programs read them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from proxy.shapes.spelling import dollars, rfc3339, share, uuid
from storage.records import Attempt as AttemptRow
from storage.records import ExchangeRow


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of an exchange; ``source`` is reported, estimated or unknown."""

    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    cache_written_tokens: int | None
    source: str


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why an exchange brought no answer, or only a part of one."""

    message: str
    type: str | None
    code: str | None
    body: str


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try at a provider."""

    number: int
    provider: str
    started_at: str | None
    ended_at: str | None
    status: int | None
    error: str | None


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request with its reply, without their bodies; its attempts, where the first one didn't do.

    ``confidence`` is the geometric mean of the probabilities of the reply's tokens, where the reply came with their
    logarithms: ``exp((l1 + … + ln) / n)``; or what was posted with a message.
    """

    id: str | None
    session_id: str | None
    match: str | None
    method: str
    path: str
    dialect: str | None
    provider: str | None
    model: str | None
    sent_model: str | None
    answered_by: str | None
    stream: bool
    parsed: bool
    status: int | None
    ending: str | None
    finish_reason: str | None
    upstream_id: str | None
    user_agent: str | None
    started_at: str | None
    first_byte_at: str | None
    ended_at: str | None
    usage: Usage
    estimated_cost: float | None
    confidence: float | None
    error: Failure | None
    retry_of: str | None
    message_id: int | None
    answer_id: int | None
    system: str | None
    asked: str | None
    said: list[str]
    attempts: list[Attempt]


def exchange(row: ExchangeRow, attempts: Sequence[AttemptRow] = ()) -> Exchange:
    """One request with its reply."""
    return Exchange(
        id=uuid(row.id),
        session_id=uuid(row.session),
        match=row.match or None,
        method=row.method,
        path=row.path,
        dialect=row.dialect or None,
        provider=row.provider or None,
        model=row.model or None,
        sent_model=row.sent_model or None,
        answered_by=row.answered_by or None,
        stream=row.stream,
        parsed=row.parsed,
        status=row.status or None,
        ending=row.ending or None,
        finish_reason=row.finish_reason or None,
        upstream_id=row.upstream_id or None,
        user_agent=row.user_agent or None,
        started_at=rfc3339(row.at),
        first_byte_at=rfc3339(row.first_byte_at),
        ended_at=rfc3339(row.ended_at),
        usage=_usage(row),
        estimated_cost=dollars(row.cost),
        confidence=share(row.confidence),
        error=_failure(row),
        retry_of=uuid(row.retry_of),
        message_id=row.tip or None,
        answer_id=row.answer or None,
        system=row.system.hex() or None,
        asked=row.asked or None,
        said=list(row.said),
        attempts=[attempt(each) for each in attempts],
    )


def attempt(one: AttemptRow) -> Attempt:
    """One try at a provider."""
    return Attempt(
        number=one.number,
        provider=one.provider,
        started_at=rfc3339(one.started_at),
        ended_at=rfc3339(one.ended_at),
        status=one.status or None,
        error=one.error or None,
    )


def _usage(row: ExchangeRow) -> Usage:
    return Usage(
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        cached_tokens=row.cached_tokens,
        reasoning_tokens=row.reasoning_tokens,
        cache_written_tokens=row.cache_written_tokens,
        source=row.usage_source,
    )


def _failure(row: ExchangeRow) -> Failure | None:
    if not (row.error_message or row.error_type or row.error_code or row.error_body):
        return None
    return Failure(
        message=row.error_message,
        type=row.error_type or None,
        code=row.error_code or None,
        body=row.error_body.decode(errors="replace"),
    )
