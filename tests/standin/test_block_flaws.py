"""What Anthropic refuses of messages."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.standin.block_flaws import flaws, signature_of

USER = {"role": "user", "content": "Hello"}
AI = {"role": "assistant", "content": "Hi"}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": signature_of("Hm.")}
USE = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "1"}
TEXT = {"type": "text", "text": "So."}


def says(role: str, *blocks: Any) -> dict[str, Any]:
    return {"role": role, "content": list(blocks)}


@pytest.mark.parametrize(
    "messages",
    [
        [USER],
        [USER, AI, USER],
        [USER, says("assistant", THOUGHT, TEXT, USE), says("user", RESULT, TEXT)],
        [USER, says("assistant", {"type": "redacted_thinking", "data": "x"}, TEXT), USER],
        [says("user", {"type": "image", "source": {}})],
    ],
)
def test_what_it_accepts_is_accepted(messages: list[Any]) -> None:
    assert list(flaws(messages)) == []


@pytest.mark.parametrize(
    ("messages", "word"),
    [
        ([AI, USER], "first message"),
        ([USER, AI], "last message"),
        ([USER, USER], "in a row"),
        ([USER, {"role": "system", "content": "Be brief."}, USER], "no role"),
        ([USER, says("assistant"), USER], "not empty"),
        ([says("user", "bare")], "not empty"),
        ([USER, {"role": "assistant", "content": None}, USER], "not empty"),
        ([USER, {"role": "assistant", "content": " \n"}, USER], "non-empty"),
        ([USER, says("assistant", USE), USER], "without a tool_result"),
        ([says("user", RESULT)], "unexpected tool_use_id"),
        ([USER, says("assistant", USE), says("user", TEXT, RESULT)], "must come first"),
        ([USER, says("assistant", USE), says("user", RESULT, RESULT)], "single result"),
        ([USER, says("assistant", USE), says("user", RESULT)] * 2, "unique"),
        ([USER, says("assistant", {**USE, "id": "a b"}), says("user", {**RESULT, "tool_use_id": "a b"})], "an id of"),
        ([USER, says("assistant", {**USE, "input": "{}"}), says("user", RESULT)], "as its input"),
        ([USER, says("assistant", {**THOUGHT, "thinking": "Ha."}, TEXT), USER], "invalid signature"),
        ([USER, says("assistant", {"type": "thinking", "thinking": "Hm."}, TEXT), USER], "invalid signature"),
        ([USER, says("assistant", {"type": "redacted_thinking"}, TEXT), USER], "field required"),
        ([USER, says("assistant", TEXT, THOUGHT), USER], "thinking blocks must come first"),
    ],
)
def test_what_it_refuses_is_refused(messages: list[Any], word: str) -> None:
    assert word in " ".join(flaws(messages))
