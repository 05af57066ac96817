"""Random histories, planned and forwarded in each format that converses: nobody refuses them, nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.dialects import Dialect, rewriting
from proxy.dialects.anthropic import Anthropic
from proxy.dialects.chat import Chat
from proxy.dialects.responses import Responses
from proxy.messages import Message, Request, Role
from proxy.plans import Plan
from proxy.standin.block_flaws import flaws as block_flaws
from proxy.standin.block_flaws import signature_of
from proxy.standin.item_flaws import flaws as item_flaws
from proxy.standin.item_flaws import seal
from proxy.standin.prompts import read_prompt
from proxy.standin.strictness import flaws as chat_flaws
from proxy.tracks import Track
from tests.talks import assistant, heard, histories, planner, user, weigh

Object = dict[str, Any]

thresholds = st.integers(60, 700)


def chat_body(messages: Sequence[Message]) -> Object:
    return {"messages": [_chat(message) for message in messages]}


def _chat(message: Message) -> Object:
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in message.tool_calls
    ]
    if message.role is Role.TOOL:
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.text}
    return {"role": message.role, "content": message.text or None} | ({"tool_calls": calls} if calls else {})


def anthropic_body(messages: Sequence[Message]) -> Object:
    body: Object = {"max_tokens": 9, "messages": []}
    for role, run in groupby(messages, key=lambda message: _ROLES[message.role]):
        if role == "system":
            body["system"] = "".join(message.text for message in run)
        else:
            body["messages"].append({"role": role, "content": [block for one in run for block in _blocks(one)]})
    return body


_ROLES = {Role.SYSTEM: "system", Role.USER: "user", Role.TOOL: "user", Role.ASSISTANT: "assistant"}


def _blocks(message: Message) -> Iterator[Object]:
    if message.role is Role.TOOL:
        yield {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.text}
        return
    if message.tool_calls:
        yield {"type": "thinking", "thinking": "Hm.", "signature": signature_of("Hm.")}
    if message.text:
        yield {"type": "text", "text": message.text}
    for call in message.tool_calls:
        yield {"type": "tool_use", "id": call.id, "name": call.name, "input": {"q": call.arguments}}


def responses_body(messages: Sequence[Message]) -> Object:
    return {"input": [item for at, message in enumerate(messages) for item in _items(message, at)]}


def _items(message: Message, at: int) -> Iterator[Object]:
    if message.role is Role.TOOL:
        yield {"type": "function_call_output", "call_id": message.tool_call_id, "output": message.text}
        return
    if message.tool_calls:
        summary = [{"type": "summary_text", "text": "Hm."}]
        yield {"type": "reasoning", "id": f"rs_{at}", "summary": summary, "encrypted_content": seal("Hm.")}
    if message.text:
        yield {"type": "message", "role": message.role, "content": message.text}
    for call in message.tool_calls:
        yield {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}


@dataclass(frozen=True)
class Wire:
    """A format: how it is written and read, where its list is, and who refuses what."""

    dialect: Dialect
    body: Callable[[Sequence[Message]], Object]
    listed: str
    flaws: Callable[[Any], Iterator[str]]

    def request(self, messages: Sequence[Message]) -> tuple[bytes, Request]:
        body = json.dumps({"model": "m", **self.body(messages)}).encode()
        return body, self.dialect.parse(body)

    def read(self, request: Request) -> list[Message]:
        return [self.dialect.read_message(raw) for raw in request.raws]

    def planned(self, messages: Sequence[Message], threshold: int, *, recall: bool = True) -> tuple[bytes, Plan]:
        """What is forwarded, and its plan."""
        body, request = self.request(messages)
        one = planner(threshold, recall=recall)
        plan = one.plan(one.follow(Track(), heard(self.read(request))))
        rewrite = rewriting(self.dialect)
        assert rewrite is not None
        return (rewrite(body, request, plan) if plan.changes else body), plan

    def sent(self, body: bytes) -> list[Object]:
        return json.loads(body)[self.listed]  # type: ignore[no-any-return]


def flaws_of_chat(listed: Any) -> Iterator[str]:
    return chat_flaws(read_prompt(json.dumps({"messages": listed}).encode()).history())


WIRES = [
    Wire(Chat(), chat_body, "messages", flaws_of_chat),
    Wire(Anthropic(), anthropic_body, "messages", block_flaws),
    Wire(Responses(), responses_body, "input", item_flaws),
]
every = pytest.mark.parametrize("wire", WIRES, ids=[wire.dialect.name for wire in WIRES])
some = settings(max_examples=50, deadline=None)


@every
@given(histories(), thresholds)
@some
def test_what_is_forwarded_is_valid_whenever_the_history_was(
    wire: Wire, messages: list[Message], threshold: int
) -> None:
    assert list(wire.flaws(wire.sent(wire.request(messages)[0]))) == []
    body, _ = wire.planned(messages, threshold)
    assert list(wire.flaws(wire.sent(body))) == []


@every
@given(histories(), thresholds)
@some
def test_the_last_message_keeps_its_own_text_and_all_else_around_it(
    wire: Wire, messages: list[Message], threshold: int
) -> None:
    body, _ = wire.planned(messages, threshold)
    before, after = json.loads(wire.request(messages)[0]), json.loads(body)
    last = wire.dialect.read_message(wire.dialect.parse(body).raws[-1])
    assert last.text.endswith(messages[-1].text)
    assert {**before, wire.listed: []} == {**after, wire.listed: []}


@every
@given(histories(), thresholds)
@some
def test_it_is_below_the_ceiling(wire: Wire, messages: list[Message], threshold: int) -> None:
    body, plan = wire.planned(messages, threshold)
    sent = wire.read(wire.dialect.parse(body))
    weight = sum(weigh(message) for message in sent[:-1] if message.role is not Role.SYSTEM)
    assert weight <= threshold or plan.exceeds


@every
@given(histories(), thresholds)
@some
def test_planned_again_it_is_the_same_to_the_byte(wire: Wire, messages: list[Message], threshold: int) -> None:
    assert wire.planned(messages, threshold) == wire.planned(messages, threshold)


@every
@given(histories(), thresholds)
@some
def test_two_requests_in_a_row_share_the_prefix_that_they_were_forwarded_with(
    wire: Wire, messages: list[Message], threshold: int
) -> None:
    body, plan = wire.planned(messages, threshold, recall=False)
    more, after = wire.planned([*messages, assistant("Noted."), user("Go on.")], threshold, recall=False)
    if (plan.closing, plan.head, plan.clips) == (after.closing, after.head, ()):
        was = wire.sent(body)
        assert wire.sent(more)[: len(was)] == was
