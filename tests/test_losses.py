"""What a prompt cache should have served, and what kept it from that."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.dialects.chat import Chat
from proxy.losses import Item, Loss, Paid, items_of, losses

CHAT = Chat()
SECOND = 1_000_000
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {}}}


def body(*texts: str, tools: list[Any] | None = None, system: str = "Be brief.") -> bytes:
    roles = ["user", "assistant"] * len(texts)
    listed = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    return json.dumps(
        {"model": "m", "messages": [{"role": "system", "content": system}, *listed], "tools": tools}
    ).encode()


def paid(number: int, sent: bytes, prompt: int, cached: int, **more: Any) -> Paid:
    values = {"model": "m", "provider": "default", "completion": 10, **more}
    return Paid(bytes([number]), number * SECOND, prompt=prompt, cached=cached, items=items_of(CHAT, sent), **values)


def price(model: str, provider: str, prompt: int, completion: int, cached: int) -> int | None:
    """10 a token, cached ones 1."""
    return None if model == "unpriced" else (prompt - cached) * 10 + cached + completion * 20


def lost(*requests: Paid) -> list[Loss]:
    return losses(requests, price)


def test_a_cache_that_served_what_came_before_lost_nothing() -> None:
    assert lost(paid(1, body("a"), 2000, 0), paid(2, body("a", "b", "c"), 2100, 1920)) == []


def test_a_changed_system_prompt_is_named_with_its_price() -> None:
    (loss,) = lost(
        paid(1, body("a", system="It is noon."), 2000, 0), paid(2, body("a", "b", "c", system="It is one."), 2100, 0)
    )
    assert (loss.expected, loss.tokens, loss.cost) == (1920, 1920, 1920 * 9)
    assert loss.cause == "message 1 (system) changed"
    assert loss.before is not None
    assert loss.before.text == "It is noon."


def test_a_changed_tool_comes_before_all_messages() -> None:
    other = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
    (loss,) = lost(paid(1, body("a", tools=[TOOL]), 2000, 0), paid(2, body("a", "b", "c", tools=[other]), 2100, 128))
    assert loss.cause == "tool 1 (get_weather) changed"
    assert loss.tokens == 1920 - 128


def test_an_edited_message_is_named() -> None:
    (loss,) = lost(paid(1, body("a", "b", "c"), 2000, 0), paid(2, body("a", "B", "c", "d", "e"), 2100, 0))
    assert loss.cause == "message 3 (assistant) changed"


def test_what_is_gone_or_of_another_kind_is_named() -> None:
    (gone,) = lost(paid(1, body("a", "b", "c"), 2000, 0), paid(2, body("a"), 1900, 0))
    assert gone.cause == "message 3 (assistant) is gone"
    assert gone.expected == 1792
    (moved,) = lost(
        paid(1, body("a", "b"), 2000, 0),
        paid(
            2,
            json.dumps(
                {
                    "model": "m",
                    "messages": [{"role": "system", "content": "Be brief."}, {"role": "assistant", "content": "b"}],
                }
            ).encode(),
            2000,
            0,
        ),
    )
    assert moved.cause == "message 2 (assistant) stands where message 2 (user) stood"


def test_where_nothing_differed_the_cache_had_forgotten() -> None:
    (loss,) = lost(paid(1, body("a"), 2000, 0), paid(200, body("a", "b", "c"), 2100, 0))
    assert loss.cause == "nothing differed: the provider no longer held it"
    assert loss.pause == 199 * SECOND


@pytest.mark.parametrize(
    "second",
    [
        paid(2, body("a", "b", "c"), 2100, 1900),
        paid(2, body("a", "b", "c"), 2100, 0, model="other"),
        paid(2, body("a", "b", "c"), 2100, 0, provider="other"),
        paid(2, b"no JSON", 2100, 0),
    ],
    ids=["less than a grain", "another model", "another provider", "nothing that can be read"],
)
def test_what_could_not_be_served_is_no_loss(second: Paid) -> None:
    assert lost(paid(1, body("a"), 2000, 0), second) == []


def test_short_prompts_are_not_cached() -> None:
    assert lost(paid(1, body("a"), 900, 0), paid(2, body("a", "b", "c"), 1000, 0)) == []


def test_a_side_question_in_between_is_not_what_came_before() -> None:
    side = paid(
        2, json.dumps({"model": "m", "messages": [{"role": "user", "content": "A title, please"}]}).encode(), 2000, 0
    )
    first, third = paid(1, body("a"), 2000, 0), paid(3, body("a", "b", "c"), 2100, 0)
    assert [loss.earlier for loss in lost(first, side, third)] == [first.exchange]


def test_a_price_that_is_not_known_is_none() -> None:
    requests = [paid(number, body("a"), 2000, 0, model="unpriced") for number in (1, 2)]
    assert [loss.cost for loss in lost(*requests)] == [None]


def test_a_system_prompt_beside_the_list_and_calls_are_pieces() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    sent = json.dumps(
        {"model": "m", "messages": [{"role": "assistant", "content": None, "tool_calls": [call]}]}
    ).encode()
    (item,) = items_of(CHAT, sent)
    assert (item.kind, item.name, item.text) == ("message", "assistant", "look({})")
    beside = Item("system", 1, "system", b"x")
    assert Loss(b"", b"", 0, 0, None, 0, beside, Item("system", 1, "system", b"y")).cause == "the system prompt changed"
    assert Loss(b"", b"", 0, 0, None, 0, None, beside).cause == "the system prompt is new"
