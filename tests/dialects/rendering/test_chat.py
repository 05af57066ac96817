"""Chat completions written anew are read as what was recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.dialects.chat import Chat
from tests.dialects.rendering.retold import USED, both, told

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


@pytest.mark.parametrize("message", MESSAGES, ids=" ".join)
def test_a_stream_and_a_plain_reply_say_what_was_said(message: dict[str, Any]) -> None:
    expected = Chat().read_message(json.dumps(message).encode())
    for reply in both("chat", told(message)):
        assert reply.choices[0].message == expected
        assert (reply.id, reply.model, reply.complete, reply.usage) == ("id-1", "m", True, USED)


def test_each_choice_has_its_reason() -> None:
    for reply in both("chat", told(MESSAGES[0], MESSAGES[1], finish_reason="length")):
        assert [choice.finish_reason for choice in reply.choices] == ["length", "tool_calls"]
