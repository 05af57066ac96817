"""What follows from the figures."""

from __future__ import annotations

from typing import Any

from proxy.reflection.entries import Entry, Tool
from proxy.reflection.insights import insights
from proxy.reflection.report import reflection
from proxy.reflection.topics import Topic


def entry(number: int, **fields: Any) -> Entry:
    return Entry(str(number), session=fields.pop("session", "s"), model=fields.pop("model", "gpt"), **fields)


def told(entries: list[Entry], *topics: Topic) -> dict[str, str]:
    return {each.about: each.text for each in insights(reflection(entries, topics, 0.5))}


def test_nothing_follows_from_nothing() -> None:
    assert told([]) == {}
    assert told([entry(1)]) == {}


def test_errors_are_told_by_their_share_and_their_commonest_kind() -> None:
    entries = [entry(1, error_code="rate_limit"), entry(2, error_code="rate_limit", status=429), entry(3, status=500)]
    assert told([*entries[1:], entry(4)])["errors"].startswith(
        "More than one request in ten fails: 2 of 3, 50 % of them"
    )
    assert told([entry(9, status=500), *[entry(at) for at in range(30)]])["errors"] == (
        "Some requests fail: 1 of 31, all status 500."
    )


def test_an_error_of_one_model_alone_says_so() -> None:
    entries = [entry(1, status=500), entry(2, model="other")]
    assert told(entries)["errors"] == "status 500 happens with gpt alone: another model may avoid it."


def test_tools_that_fail_often_or_are_slow_are_named() -> None:
    failing = [Tool("run", at % 2 == 0, 1) for at in range(4)]
    assert told([entry(1, tools=tuple(failing))])["tools"] == "The tool run fails in 50 % of its 4 calls."
    slow = tuple(Tool("fetch", True, 40_000_000) for _ in range(3))
    assert told([entry(1, tools=slow)])["tools"] == "The tool fetch is slow: 40.0 s in the middle."


def test_replies_cut_off_and_unsure_ones_are_counted() -> None:
    seen = told([entry(1, finish_reason="length"), entry(2, confidence=0.1), entry(3, confidence=0.9)])
    assert seen["truncated"].startswith("1 of 3 replies were cut off")
    assert seen["low_confidence"] == "1 of 2 replies with a confidence are below 0.5."


def test_a_question_asked_again_may_be_worth_an_answer_that_stays() -> None:
    again = told([entry(at, question="What now?") for at in range(3)])
    assert "3 times in one session" in again["repeated_questions"]
    apart = told([entry(at, question="What now?", session=str(at)) for at in range(2)])
    assert "2 times in 2 sessions" in apart["repeated_questions"]


def test_the_share_of_the_dearest_and_rising_topics_are_told() -> None:
    entries = [*[entry(at, cost=1000 + at) for at in range(10)], entry(99, cost=1_000_000)]
    seen = told(entries, Topic("rate limiter", 3, 9.0, rising=True), Topic("logs", 2, 1.0, rising=False))
    assert seen["cost_outliers"] == "99 % of the cost is in 1 of 11 requests."
    assert seen["topics"] == "More than before, it is about rate limiter."
