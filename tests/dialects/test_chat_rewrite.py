"""A planned request as bytes: cut and joined, with every other byte as it was."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.dialects.chat import Chat
from proxy.dialects.chat_rewrite import rewrite
from proxy.messages import Message, Role
from proxy.plans import Clip, Insert, Plan
from tests.talks import forwarded, histories, plan_of

CHAT = Chat()
BODY = (
    b'{"model": "m", "n": 3, "seed": 12345678901234567890, "messages" : [ {"role":"system","content":"S"} ,\n'
    b' {"role":"user","content":"one"} ,\n {"content":"two", "role":"assistant", "reasoning_content":"sig=\\u0041"} ,\n'
    b' {"role":"user","content":"thr\\u00e9e"} ] , "temperature": 1.0 }'
)


def rewritten(plan: Plan, body: bytes = BODY) -> bytes:
    return rewrite(body, CHAT.parse(body), plan)


def one(message: bytes, plan: Plan) -> bytes:
    """A body with one message, after the rewrite."""
    made = rewritten(plan, b'{"model":"m","messages":[' + message + b"]}".replace(b"'", b'"'))
    return made.removeprefix(b'{"model":"m","messages":[').removesuffix(b"]}")


def wired(message: Message) -> dict[str, object]:
    """A message as a client sends it."""
    listed = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in message.tool_calls
    ]
    wire: dict[str, object] = {"role": str(message.role), "content": message.text}
    if listed:
        wire["tool_calls"] = listed
    if message.role is Role.TOOL:
        wire["tool_call_id"] = message.tool_call_id
    return wire


def test_a_plan_that_changes_nothing_gives_the_body_itself() -> None:
    assert rewritten(Plan(((0, 4),))) is BODY


def test_the_head_and_the_bridge_stand_before_the_last_span() -> None:
    plan = Plan(((0, 1), (3, 4)), head='He said "hi"', bridge="Fine.", closing=b"d")
    assert rewritten(plan) == (
        b'{"model": "m", "n": 3, "seed": 12345678901234567890, "messages" : [ {"role":"system","content":"S"} ,\n'
        b' {"role":"user","content":"He said \\"hi\\""} ,\n {"role":"assistant","content":"Fine."} ,\n'
        b' {"role":"user","content":"thr\\u00e9e"} ] , "temperature": 1.0 }'
    )


def test_messages_that_stay_keep_their_bytes() -> None:
    made = rewritten(Plan(((0, 1), (2, 4)), head="H", closing=b"d"))
    assert b'{"content":"two", "role":"assistant", "reasoning_content":"sig=\\u0041"} ,\n {"role":"user"' in made


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b'{"content": "own", "role":"user"}', b'{"content": "T\\n\\nown", "role":"user"}'),
        (b'{"role":"user","content":[ {"type":"text","text":"own"}]}',
         b'{"role":"user","content":[{"type":"text","text":"T\\n\\n"}, {"type":"text","text":"own"}]}'),
        (b'{"role":"user","content":[]}', b'{"role":"user","content":[{"type":"text","text":"T\\n\\n"}]}'),
        (b'{"role":"user","content":null}', b'{"role":"user","content":"T\\n\\n"}'),
        (b'{"role":"user","content":7}', b'{"role":"user","content":7}'),
        (b'{"role":"user"}', b'{"content":"T\\n\\n","role":"user"}'),
        (b'{"content":"a","role":"user","content":"b"}', b'{"content":"a","role":"user","content":"T\\n\\nb"}'),
    ],
)  # fmt: skip
def test_text_goes_in_front_of_a_messages_own(message: bytes, expected: bytes) -> None:
    assert one(message, Plan(((0, 1),), inserts=(Insert(0, "T\n\n"),), closing=b"d")) == expected


def test_a_clipped_result_has_other_content_and_nothing_else() -> None:
    plan = Plan(((0, 1),), clips=(Clip(0, "short"),))
    message = b'{"role":"tool","content":[{"type":"text","text":"long"}],"tool_call_id":"a"}'
    assert one(message, plan) == b'{"role":"tool","content":"short","tool_call_id":"a"}'


def test_a_compact_body_stays_one() -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":"a"}]}'
    made = rewritten(Plan(((0, 1),), head="H", closing=b"d"), body)
    assert made == b'{"model":"m","messages":[{"role":"user","content":"H"},{"role":"user","content":"a"}]}'


@given(histories(), st.integers(60, 700))
@settings(max_examples=60, deadline=None)
def test_the_bytes_say_what_the_plan_says(messages: list[Message], threshold: int) -> None:
    plan = plan_of(messages, threshold)
    body = json.dumps({"model": "m", "messages": [wired(message) for message in messages], "n": 2}).encode()
    made = json.loads(rewritten(plan, body))
    assert made == {
        "model": "m",
        "messages": [wired(sent.message) for sent in forwarded(messages, plan)],
        "n": 2,
    }


def test_what_is_asked_stands_at_the_end() -> None:
    made = json.loads(rewritten(Plan(((0, 1), (3, 4)), closing=b"d", asked="Go on.")))
    assert made["messages"][-1] == {"role": "user", "content": "Go on."}
    assert len(made["messages"]) == 3
