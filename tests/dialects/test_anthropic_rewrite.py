"""Planned requests as Anthropic's messages."""

from __future__ import annotations

import json
from typing import Any

from proxy.dialects.anthropic import Anthropic
from proxy.dialects.anthropic_rewrite import rewrite
from proxy.plans import Clip, Insert, Plan

LISTED: list[dict[str, Any]] = [
    {"role": "user", "content": "one"},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]},
    {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "a", "content": "12"}, {"type": "text", "text": "and?"}],
    },
    {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"}]},
    {"role": "user", "content": [{"type": "text", "text": "q"}]},
]
HEAD, BRIDGE = {"role": "user", "content": "H"}, {"role": "assistant", "content": "B"}
LAST = 5


def rewritten(plan: Plan, listed: list[dict[str, Any]] = LISTED) -> list[dict[str, Any]]:
    body = json.dumps({"model": "m", "messages": listed, "x": 1}).encode()
    made = json.loads(rewrite(b"{}", Anthropic().parse(body), plan))
    return made.get("messages", [])  # type: ignore[no-any-return]


def closed(start: int, *inserts: Insert, bridge: str = "B", end: int = 6) -> Plan:
    return Plan(((start, end),), head="H", bridge=bridge, inserts=inserts, closing=b"d")


def test_the_head_and_the_bridge_stand_before_what_is_kept() -> None:
    assert rewritten(closed(LAST)) == [HEAD, BRIDGE, LISTED[4]]


def test_an_answer_with_its_thoughts_goes_as_it_came() -> None:
    assert rewritten(closed(4, bridge="")) == [HEAD, *LISTED[3:]]


def test_what_stands_behind_results_in_a_user_s_message_is_a_message_of_its_own() -> None:
    said = {"role": "user", "content": [{"type": "text", "text": "and?"}]}
    assert rewritten(closed(3)) == [HEAD, BRIDGE, said, *LISTED[3:]]


def test_text_goes_in_front_of_what_a_user_says() -> None:
    made = rewritten(closed(3, Insert(3, "N "), Insert(LAST, "M ")))
    assert made[2]["content"] == [{"type": "text", "text": "N "}, {"type": "text", "text": "and?"}]
    assert made[4]["content"] == [{"type": "text", "text": "M "}, {"type": "text", "text": "q"}]


def test_a_result_may_be_shortened_where_it_stands() -> None:
    made = rewritten(Plan(((0, 6),), clips=(Clip(2, "short"),)))
    assert made[2]["content"][0] == {"type": "tool_result", "tool_use_id": "a", "content": "short"}
    assert made[:2] + made[3:] == LISTED[:2] + LISTED[3:]


def test_a_list_that_begins_with_results_is_cut_as_well() -> None:
    made = rewritten(closed(3, bridge="", end=4), [LISTED[2], *LISTED[3:]])
    assert made == [HEAD, LISTED[4]]


def test_a_plan_that_changes_nothing_or_asks_for_more_than_can_be_done_gives_the_body_itself() -> None:
    assert rewritten(Plan(((0, 6),))) == []
    assert rewritten(Plan(((0, 1), (5, 6)), head="H", closing=b"d")) == []
    assert rewritten(Plan(((LAST, 6),), head="H", closing=b"d", asked="Go on.")) == []


def test_a_piece_whose_wrapping_is_unclear_is_left_alone() -> None:
    odd = {"role": "user", "x": {"y": 1}, "content": LISTED[2]["content"]}
    assert rewritten(closed(3), [*LISTED[:2], odd, *LISTED[3:]]) == []
