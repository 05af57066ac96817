"""A reflection as programs read it."""

from __future__ import annotations

from proxy.answers.figures import Times
from proxy.answers.reflections import RepeatedQuestion
from proxy.answers.reflections import reflection as told_of
from proxy.reflection.entries import Entry, Tool
from proxy.reflection.report import reflection


def test_a_reflection_is_told_whole() -> None:
    tools = (Tool("run", False, 1500, "Error"),)
    entries = [
        Entry("a", at=2_000_000, status=429, error_code="limit", question="Why?", tools=tools, cost=10),
        Entry("b", at=1_000_000, question="why", confidence=0.2, finish_reason="length"),
    ]
    told = told_of(reflection(entries, [], 0.5))
    assert (told.entries, told.since, told.until) == (2, "1970-01-01T00:00:01.000000Z", "1970-01-01T00:00:02.000000Z")
    assert told.low_confidence.replies[0].exchange_id == "b"
    assert [(each.kind, each.latest.exchange_id) for each in told.errors] == [("limit", "a")]
    assert told.tools[0].latency_ms == Times(p50=1.5, p95=1.5)
    assert told.repeated_questions == [RepeatedQuestion(question="Why?", count=2, exchange_ids=["a", "b"])]
    assert told.truncated[0].estimated_cost is None
    assert told_of(reflection([], [], 0.5)).since is None
