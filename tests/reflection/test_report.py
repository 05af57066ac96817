"""What a reflection sees in entries."""

from __future__ import annotations

from typing import Any

from proxy.reflection.entries import Entry, Tool
from proxy.reflection.report import MOST, dear, failures, kind, questions, reflection, tool_uses, unsure

SECOND = 1_000_000


def entry(number: int = 1, **fields: Any) -> Entry:
    return Entry(str(number), session=str(number), model=fields.pop("model", "gpt"), **fields)


def test_replies_below_the_threshold_are_told_the_least_sure_first() -> None:
    entries = [entry(at, confidence=sure) for at, sure in enumerate((0.9, 0.2, None, 0.1, 0.5))]
    seen = unsure(entries, 0.5)
    assert [each.confidence for each in seen.replies] == [0.1, 0.2]
    assert (seen.measured, round(seen.mean or 0, 3)) == (4, 0.425)
    assert unsure([entry()], 0.5).mean is None
    assert len(unsure([entry(at, confidence=0.0) for at in range(30)], 0.5).replies) == MOST


def test_an_errors_kind_is_its_code_its_type_its_status_or_its_ending() -> None:
    assert kind(entry(error_code="rate_limit", error_type="x")) == "rate_limit"
    assert kind(entry(error_type="overloaded")) == "overloaded"
    assert kind(entry(status=502)) == "status 502"
    assert kind(entry(ending="client_left")) == "client_left"


def test_errors_are_grouped_by_kind_with_the_latest() -> None:
    limited = [entry(at, error_code="rate_limit", model=f"m{at % 2}", error_message=str(at)) for at in range(3)]
    groups = failures([entry(7), *limited, entry(9, status=500)])
    assert [(each.kind, each.count, each.models, each.latest.id) for each in groups] == [
        ("rate_limit", 3, ("m0", "m1"), "0"),
        ("status 500", 1, ("gpt",), "9"),
    ]


def test_tools_that_fail_or_are_slow_come_first() -> None:
    quick = Tool("read", True, SECOND)
    tools = (
        *[quick] * 5,
        Tool("fetch", True, 9 * SECOND),
        Tool("run", False, SECOND, "Error: no"),
        Tool("run", True),
        Tool("new"),
    )
    uses = tool_uses([entry(tools=tools)])
    assert [(use.name, use.calls, use.failures, use.slow, use.said) for use in uses] == [
        ("run", 2, 1, False, "Error: no"),
        ("fetch", 1, 0, True, ""),
        ("read", 5, 0, False, ""),
        ("new", 1, 0, False, ""),
    ]
    assert (uses[2].p50, uses[2].p95, uses[3].p50) == (SECOND, SECOND, None)
    assert tool_uses([entry()]) == ()


def test_questions_that_are_nearly_equal_are_one() -> None:
    said = [
        "How do I rotate the logs?",
        "how do i rotate the logs",
        "How do I rotate the log files?",
        "Hi",
        "hi!",
        "Bye",
        "",
    ]
    entries = [entry(at, question=question) for at, question in enumerate(said)]
    groups = questions([*entries, entry(9, question="Bye", retry=True)])
    assert [[each.id for each in group.entries] for group in groups] == [["0", "1"], ["3", "4"]]
    longer = ["please tell me how i rotate the logs here", "please tell me how i rotate the logs"]
    assert len(questions([entry(at, question=one) for at, one in enumerate(longer)])) == 1


def test_what_costs_far_more_than_the_others_is_told_with_its_factor() -> None:
    entries = [entry(at, cost=1000 + at) for at in range(10)]
    (far,) = dear([*entries, entry(11, cost=90_000), entry(12)])
    assert (far.entry.id, far.times) == ("11", 89.6)


def test_all_of_it_rests_on_the_entries() -> None:
    seen = reflection([entry(1, finish_reason="length"), entry(2)], [], 0.5)
    assert [each.id for each in seen.truncated] == ["1"]
    assert (len(seen.entries), seen.failures, seen.topics, seen.questions) == (2, (), (), ())
