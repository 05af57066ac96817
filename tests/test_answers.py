"""Rows as the JSON of `/api`."""

from __future__ import annotations

from typing import Any

from proxy import answers
from proxy.excerpts import Excerpt
from proxy.reflection.entries import Entry, Tool
from proxy.reflection.report import reflection
from proxy.savings import Savings
from storage.inquiries import Figures, Hit, Statistics


def test_a_hit_says_where_in_its_excerpt_the_query_stands() -> None:
    row = Hit(message=3, session=b"", sessions=1, role="user", text="By the sea", at=0, score=1.5)
    shape = answers.hit(row, Excerpt("By the sea", ((7, 10),)))
    assert (shape["highlights"], shape["session_id"], shape["message_id"], shape["at"]) == ([[7, 10]], None, 3, None)
    assert (shape["score"], shape["type"]) == (1.5, "message")


def test_figures_are_in_dollars_and_milliseconds_and_what_is_unknown_is_null() -> None:
    told = answers.figures(Figures("x", 2, prompt_tokens=3, completion_tokens=4, cost=5_000_000_000, latency_p50=1500))
    assert (told["total_tokens"], told["estimated_cost"], told["latency_ms"]) == (7, 5.0, {"p50": 1.5, "p95": None})
    assert answers.figures(Figures("x", 2, unpriced=1))["estimated_cost"] is None
    told = answers.statistics(Statistics(Figures(""), apps=(Figures("", 1),)), Savings(tokens_saved=5))
    assert told["totals"]["savings"]["tokens_saved"] == 5
    series = told["series"]
    assert (series["app"][0]["app"], series["app"][0]["requests"]) == (None, 1)


def test_a_reflection_is_told_whole() -> None:
    tools = (Tool("run", False, 1500, "Error"),)
    entries = [
        Entry("a", at=2_000_000, error_code="limit", question="Why?", tools=tools, cost=10),
        Entry("b", at=1_000_000, question="why", confidence=0.2, finish_reason="length"),
    ]
    told: dict[str, Any] = answers.reflection(reflection(entries, [], 0.5))
    assert (told["entries"], told["since"], told["until"]) == (
        2,
        "1970-01-01T00:00:01.000000Z",
        "1970-01-01T00:00:02.000000Z",
    )
    assert told["low_confidence"]["replies"][0]["exchange_id"] == "b"
    assert told["tools"][0]["latency_ms"] == {"p50": 1.5, "p95": 1.5}
    assert told["repeated_questions"] == [{"question": "Why?", "count": 2, "exchange_ids": ["a", "b"]}]
    assert told["truncated"][0]["estimated_cost"] is None
    assert answers.reflection(reflection([], [], 0.5))["since"] is None
