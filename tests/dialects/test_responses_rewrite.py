"""Planned requests as a response's input."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.dialects.responses import Responses
from proxy.dialects.responses_rewrite import rewrite
from proxy.plans import Clip, Insert, Plan

ITEMS: list[dict[str, Any]] = [
    {"role": "user", "content": "one"},
    {"type": "reasoning", "id": "rs", "encrypted_content": "x"},
    {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "a", "output": "12"},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "ok"}]},
    {"role": "user", "content": [{"type": "input_text", "text": "q"}]},
]
CLOSED = Plan(((4, 5),), head="H", bridge="B", inserts=(Insert(4, "N "),), closing=b"d")


def rewritten(plan: Plan, items: list[dict[str, Any]] = ITEMS) -> list[dict[str, Any]]:
    body = json.dumps({"model": "m", "input": items, "x": 1}).encode()
    return json.loads(rewrite(b"{}", Responses().parse(body), plan)).get("input", [])  # type: ignore[no-any-return]


def test_the_head_and_the_bridge_stand_before_what_is_kept_and_text_in_front_of_it() -> None:
    assert rewritten(CLOSED) == [
        {"type": "message", "role": "user", "content": "H"},
        {"type": "message", "role": "assistant", "content": "B"},
        {"role": "user", "content": [{"type": "input_text", "text": "N "}, {"type": "input_text", "text": "q"}]},
    ]


def test_thoughts_stay_with_what_they_led_to() -> None:
    made = rewritten(Plan(((1, 5),), head="H", closing=b"d"))
    assert made[1:] == ITEMS[1:]


def test_an_output_may_be_shortened() -> None:
    made = rewritten(Plan(((0, 5),), clips=(Clip(2, "short"),)))
    assert made == [*ITEMS[:3], ITEMS[3] | {"output": "short"}, *ITEMS[4:]]


@pytest.mark.parametrize("held", [{"type": "compaction", "encrypted_content": "x"}, {"type": "item_reference"}])
def test_what_its_client_compacted_or_the_upstream_holds_is_left_alone(held: dict[str, Any]) -> None:
    assert rewritten(CLOSED, [held, *ITEMS[1:]]) == []


def test_a_plan_that_changes_nothing_gives_the_body_itself() -> None:
    assert rewritten(Plan(((0, 5),))) == []


def test_what_is_asked_stands_at_the_end() -> None:
    made = rewritten(Plan(((0, 5),), closing=b"d", asked="Go on."))
    assert made == [*ITEMS, {"type": "message", "role": "user", "content": "Go on."}]
