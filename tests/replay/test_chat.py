"""Chat completions written anew are read as what was recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.dialects.chat import Chat
from proxy.messages import Reply, Usage
from proxy.replay.chat import ChatRenderer
from proxy.replay.told import Told
from proxy.sse import EventStream

CHAT, RENDERER = Chat(), ChatRenderer()
CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"at": "it"}'}}
MESSAGES: list[dict[str, Any]] = [
    {"role": "assistant", "content": "Two words.\n\nAnd  more é 漢字 "},
    {"role": "assistant", "content": None, "tool_calls": [CALL, {**CALL, "id": "call_2"}]},
    {"role": "assistant", "content": "x", "reasoning_content": "Let me think"},
    {"role": "assistant", "content": None, "refusal": "I can't."},
    {"role": "assistant", "content": "  "},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "n", "input": "i"}}],
    },
    {"role": "assistant", "content": "See", "annotations": [{"type": "url_citation"}]},
    {"role": "assistant", "content": [{"type": "text", "text": "In parts"}]},
]


def told(*messages: dict[str, Any], **more: Any) -> Told:
    values = {"finish_reason": "", "prompt_tokens": 3, "completion_tokens": 4, **more}
    return Told("id-1", "m", 1, tuple(json.dumps(message).encode() for message in messages), **values)


def assembled(frames: list[bytes]) -> Reply:
    assembler, events = CHAT.assembler(), EventStream()
    for event in events.feed(b"".join(frames)):
        assembler.feed(event.data)
    return assembler.reply()


@pytest.mark.parametrize("message", MESSAGES, ids=" ".join)
def test_a_stream_and_a_plain_reply_say_what_was_said(message: dict[str, Any]) -> None:
    expected = CHAT.read_message(json.dumps(message).encode())
    for reply in (
        assembled(RENDERER.stream(told(message), usage=True)),
        CHAT.read_reply(RENDERER.plain(told(message)), 200),
    ):
        assert reply.choices[0].message == expected
        assert (reply.id, reply.model, reply.complete, reply.usage) == ("id-1", "m", True, Usage(3, 4))


def test_each_choice_has_its_reason() -> None:
    two = told(MESSAGES[0], MESSAGES[1], finish_reason="length")
    for reply in (assembled(RENDERER.stream(two, usage=False)), CHAT.read_reply(RENDERER.plain(two), 200)):
        assert [choice.finish_reason for choice in reply.choices] == ["length", "tool_calls"]


def test_usage_is_told_only_where_it_is_wanted_and_known() -> None:
    assert assembled(RENDERER.stream(told(MESSAGES[0]), usage=False)).usage is None
    unknown = told(MESSAGES[0], prompt_tokens=None)
    assert assembled(RENDERER.stream(unknown, usage=True)).usage is None
    assert CHAT.read_reply(RENDERER.plain(unknown), 200).usage is None
