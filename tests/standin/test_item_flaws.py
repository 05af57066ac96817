"""What OpenAI refuses of a response's items."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.standin.item_flaws import flaws, seal

USER = {"role": "user", "content": "Hello"}
AI = {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]}
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": ""}


@pytest.mark.parametrize(
    "items",
    [
        [USER],
        [USER, USER],
        [USER, AI, USER],
        [USER, {**THOUGHT, "encrypted_content": seal("Hm.")}, AI, USER],
        [USER, THOUGHT, CALL, AI, OUTPUT],
        [USER, {**CALL, "type": "custom_tool_call"}, {**OUTPUT, "type": "custom_tool_call_output"}],
    ],
)
def test_what_it_accepts_is_accepted(items: list[Any]) -> None:
    assert list(flaws(items)) == []


@pytest.mark.parametrize(
    ("items", "word"),
    [
        ([{"role": "bard", "content": "Hello"}], "no role"),
        ([{"role": "user", "content": []}], "is empty"),
        ([USER, OUTPUT], "No tool call found"),
        ([USER, OUTPUT, CALL], "No tool call found"),
        ([USER, CALL, {**OUTPUT, "type": "custom_tool_call_output"}], "No tool call found"),
        ([USER, CALL], "No tool output found"),
        ([USER, THOUGHT, USER], "following item"),
        ([USER, THOUGHT], "following item"),
        ([USER, AI, USER, AI], "Duplicate item"),
        ([USER, {**THOUGHT, "encrypted_content": seal("Ha.")}, AI], "could not be verified"),
    ],
)
def test_what_it_refuses_is_refused(items: list[Any], word: str) -> None:
    assert word in " ".join(flaws(items))
