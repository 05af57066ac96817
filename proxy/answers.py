"""Rows -> the JSON of a search, of statistics and of a reflection: the same in ``/api`` and on the command line. Pure.

Ids are UUID text, times RFC 3339 in UTC, time spans milliseconds, money dollars; what is unknown is null.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from proxy.excerpts import Excerpt
from proxy.reflection.entries import Entry
from proxy.reflection.insights import insights
from proxy.reflection.report import Reflection, ToolUse
from proxy.savings import Savings
from proxy.shapes.savings import savings
from storage.inquiries import Figures, Hit, Statistics

Shape = dict[str, Any]
SHOWN = 300


def hit(row: Hit, passage: Excerpt) -> Shape:
    """A text that a search found; ``highlights`` are ranges of the excerpt's characters."""
    return {
        "type": row.type,
        "role": row.role,
        "session_id": uuid(row.session),
        "sessions": row.sessions,
        "exchange_id": uuid(row.exchange),
        "message_id": row.message or None,
        "model": row.model or None,
        "at": rfc3339(row.at),
        "score": row.score,
        "excerpt": passage.text,
        "highlights": [list(pair) for pair in passage.highlights],
        "text": row.text,
    }


def statistics(row: Statistics, saved: Savings) -> Shape:
    """Totals, with what compaction saved or lost, and what they are made of."""
    series = {"day": row.days, "model": row.models, "provider": row.providers, "owner": row.owners, "app": row.apps}
    return {
        "totals": {**figures(row.totals), "savings": msgspec.structs.asdict(savings(saved))},
        "series": {by: [{by: each.name or None, **figures(each)} for each in rows] for by, rows in series.items()},
    }


def figures(row: Figures) -> Shape:
    """What was asked and spent."""
    return {
        "requests": row.requests,
        "errors": row.errors,
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "cached_tokens": row.cached_tokens,
        "total_tokens": row.prompt_tokens + row.completion_tokens,
        "estimated_cost": None if row.unpriced and not row.cost else row.cost / 1e9,
        "unpriced_exchanges": row.unpriced,
        "latency_ms": {"p50": _millis(row.latency_p50), "p95": _millis(row.latency_p95)},
        "first_byte_ms": {"p50": _millis(row.first_byte_p50), "p95": _millis(row.first_byte_p95)},
    }


def reflection(seen: Reflection) -> Shape:
    """What the latest entries tell about themselves."""
    return {
        "entries": len(seen.entries),
        "since": rfc3339(min((entry.at for entry in seen.entries), default=0)),
        "until": rfc3339(max((entry.at for entry in seen.entries), default=0)),
        "insights": [{"about": each.about, "text": each.text} for each in insights(seen)],
        "low_confidence": {
            "threshold": seen.unsure.threshold,
            "measured": seen.unsure.measured,
            "mean": seen.unsure.mean,
            "replies": [entry(each) for each in seen.unsure.replies],
        },
        "errors": [
            {"kind": each.kind, "count": each.count, "models": list(each.models), "latest": entry(each.latest)}
            for each in seen.failures
        ],
        "topics": [
            {"phrase": each.phrase, "entries": each.entries, "weight": each.weight, "rising": each.rising}
            for each in seen.topics
        ],
        "tools": [tool_use(each) for each in seen.tools],
        "truncated": [entry(each) for each in seen.truncated],
        "repeated_questions": [
            {"question": each.text, "count": len(each.entries), "exchange_ids": [one.id for one in each.entries]}
            for each in seen.questions
        ],
        "cost_outliers": [{"times_usual": each.times, **entry(each.entry)} for each in seen.outliers],
    }


def entry(row: Entry) -> Shape:
    """A request with its reply, as a reflection names it."""
    return {
        "exchange_id": row.id,
        "session_id": row.session or None,
        "at": rfc3339(row.at),
        "model": row.model or None,
        "status": row.status or None,
        "finish_reason": row.finish_reason or None,
        "confidence": row.confidence,
        "estimated_cost": None if row.cost is None else row.cost / 1e9,
        "total_tokens": row.tokens,
        "error": row.error_message or None,
        "question": row.question[:SHOWN] or None,
        "answer": row.answer[:SHOWN] or None,
    }


def tool_use(row: ToolUse) -> Shape:
    """How a tool did."""
    times = {"p50": _millis(row.p50), "p95": _millis(row.p95)}
    failed = {"calls": row.calls, "failures": row.failures, "last_failure": row.said[:SHOWN] or None}
    return {"name": row.name, **failed, "latency_ms": times, "slow": row.slow}


def rfc3339(micros: int) -> str | None:
    """A time in UTC, to the microsecond; 0 is none."""
    if not micros:
        return None
    at = datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def uuid(octets: bytes) -> str | None:
    """An id as text; an empty one is none."""
    return str(UUID(bytes=octets)) if octets else None


def _millis(micros: float | None) -> float | None:
    return None if micros is None else round(micros / 1000, 1)
