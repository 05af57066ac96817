"""What the latest entries tell about themselves, as programs read it."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy.answers.figures import Times, times
from proxy.reflection.entries import Entry as EntryRow
from proxy.reflection.insights import insights
from proxy.reflection.report import Failure, Question, ToolUse, Unsure
from proxy.reflection.report import Reflection as Seen
from proxy.shapes.spelling import dollars, rfc3339

SHOWN = 300


class Insight(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence that follows from the figures; ``about`` is the part of the reflection that it follows from."""

    about: str
    text: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A request with its reply, shortened."""

    exchange_id: str
    session_id: str | None
    at: str | None
    model: str | None
    status: int | None
    finish_reason: str | None
    confidence: float | None
    estimated_cost: float | None
    total_tokens: int
    error: str | None
    question: str | None
    answer: str | None


class LowConfidence(msgspec.Struct, frozen=True, kw_only=True):
    """Replies below the threshold, the least sure first; ``mean`` is that of all that tell theirs."""

    threshold: float
    measured: int
    mean: float | None
    replies: list[Entry]


class ErrorKind(msgspec.Struct, frozen=True, kw_only=True):
    """Errors of one kind."""

    kind: str
    count: int
    models: list[str]
    latest: Entry


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A phrase that recurs; a ``rising`` one is commoner in these entries than in the whole store."""

    phrase: str
    entries: int
    weight: float
    rising: bool


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """How a tool did."""

    name: str
    calls: int
    failures: int
    last_failure: str | None
    latency_ms: Times
    slow: bool


class RepeatedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question that was asked more than once."""

    question: str
    count: int
    exchange_ids: list[str]


class CostOutlier(Entry, frozen=True, kw_only=True):
    """A request that cost so many times what is usual."""

    times_usual: float


class Reflection(msgspec.Struct, frozen=True, kw_only=True):
    """What the latest entries tell about themselves; ``entries`` is how many there are."""

    entries: int
    since: str | None
    until: str | None
    insights: list[Insight]
    low_confidence: LowConfidence
    errors: list[ErrorKind]
    topics: list[Topic]
    tools: list[Tool]
    truncated: list[Entry]
    repeated_questions: list[RepeatedQuestion]
    cost_outliers: list[CostOutlier]


def reflection(seen: Seen) -> Reflection:
    """All of it."""
    return Reflection(
        entries=len(seen.entries),
        since=rfc3339(min((entry.at for entry in seen.entries), default=0)),
        until=rfc3339(max((entry.at for entry in seen.entries), default=0)),
        insights=[Insight(about=each.about, text=each.text) for each in insights(seen)],
        low_confidence=_low(seen.unsure),
        errors=[_kind(each) for each in seen.failures],
        topics=[
            Topic(phrase=each.phrase, entries=each.entries, weight=each.weight, rising=each.rising)
            for each in seen.topics
        ],
        tools=[_tool(each) for each in seen.tools],
        truncated=[Entry(**_entry(each)) for each in seen.truncated],
        repeated_questions=[_question(each) for each in seen.questions],
        cost_outliers=[CostOutlier(times_usual=each.times, **_entry(each.entry)) for each in seen.outliers],
    )


def _low(seen: Unsure) -> LowConfidence:
    replies = [Entry(**_entry(each)) for each in seen.replies]
    return LowConfidence(threshold=seen.threshold, measured=seen.measured, mean=seen.mean, replies=replies)


def _kind(group: Failure) -> ErrorKind:
    latest = Entry(**_entry(group.latest))
    return ErrorKind(kind=group.kind, count=group.count, models=list(group.models), latest=latest)


def _tool(use: ToolUse) -> Tool:
    return Tool(
        name=use.name,
        calls=use.calls,
        failures=use.failures,
        last_failure=use.said[:SHOWN] or None,
        latency_ms=times(use.p50, use.p95),
        slow=use.slow,
    )


def _question(asked: Question) -> RepeatedQuestion:
    ids = [one.id for one in asked.entries]
    return RepeatedQuestion(question=asked.text, count=len(ids), exchange_ids=ids)


def _entry(row: EntryRow) -> dict[str, Any]:
    return {
        "exchange_id": row.id,
        "session_id": row.session or None,
        "at": rfc3339(row.at),
        "model": row.model or None,
        "status": row.status or None,
        "finish_reason": row.finish_reason or None,
        "confidence": row.confidence,
        "estimated_cost": dollars(row.cost),
        "total_tokens": row.tokens,
        "error": row.error_message or None,
        "question": row.question[:SHOWN] or None,
        "answer": row.answer[:SHOWN] or None,
    }
