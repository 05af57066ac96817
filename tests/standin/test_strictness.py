"""What strict providers refuse."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from proxy.standin.faults import Faults
from proxy.standin.prompts import read_prompt
from proxy.standin.strictness import refusal

USER = {"role": "user", "content": "Hello"}
AI = {"role": "assistant", "content": "Hi"}
SYSTEM = {"role": "system", "content": "Be brief."}
CALL = {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}
RESULT = {"role": "tool", "tool_call_id": "a", "content": "1"}


def refused(*messages: Mapping[str, object], faults: Faults | None = None) -> str:
    prompt = read_prompt(json.dumps({"messages": messages}).encode())
    found = refusal(prompt, faults or Faults(strict=True))
    return found[1] if found else ""


@pytest.mark.parametrize(
    "messages",
    [(USER,), (SYSTEM, USER), (USER, AI, USER), (USER, CALL, RESULT), (USER, CALL, RESULT, AI, USER)],
)
def test_what_all_accept_is_accepted(messages: tuple[dict[str, object], ...]) -> None:
    assert refused(*messages) == ""


@pytest.mark.parametrize(
    ("messages", "word"),
    [
        ((AI, USER), "must be a user's"),
        ((USER, AI), "the last message"),
        ((USER, SYSTEM, USER), "only at the beginning"),
        ((USER, USER), "in a row"),
        ((USER, {"role": "bard", "content": "x"}, USER), "no role"),
        ((USER, {"role": "assistant", "content": ""}, USER), "empty"),
        ((USER, {"role": "assistant", "content": " "}, USER), "blank"),
        ((USER, CALL, USER), "no result"),
        ((USER, AI, RESULT), "no call"),
        ((USER, CALL, RESULT, CALL, RESULT), "twice"),
        ((USER, CALL, RESULT, USER), "right after a tool's"),
    ],
)
def test_what_one_refuses_is_refused(messages: tuple[dict[str, object], ...], word: str) -> None:
    assert word in refused(*messages)


def test_a_request_longer_than_the_window_is_refused_in_openai_s_words() -> None:
    said = refused({"role": "user", "content": "x" * 400}, faults=Faults(window=50))
    assert "maximum context length is 50 tokens" in said
    assert refused(USER, faults=Faults(window=50)) == ""
