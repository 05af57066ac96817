"""One conversation in both layouts gets one prompt."""

import json
from typing import Any

from proxy.standin.prompts import read_prompt
from proxy.standin.turns import prompted, read_request


def asked(**fields: Any) -> Any:
    return prompted(read_request(json.dumps(fields).encode()))


def test_results_of_tools_are_those_of_chat() -> None:
    chat = [
        {"role": "user", "content": "How is the weather?"},
        {"role": "assistant", "tool_calls": [{"id": "t1", "function": {"name": "get_weather"}}]},
        {"role": "tool", "tool_call_id": "t1", "content": "rain"},
    ]
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "rain"}
    ours = [
        {"role": "user", "content": [{"type": "text", "text": "How is the weather?"}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "get_weather", "input": {}}]},
        {"role": "user", "content": [result]},
    ]
    expected = read_prompt(json.dumps({"messages": chat}).encode())
    found = asked(messages=ours)
    assert (
        (found.text, found.results)
        == (expected.text, expected.results)
        == (
            "How is the weather?",
            (("get_weather", "rain"),),
        )
    )


def test_what_a_user_says_beside_a_result_is_the_last_word() -> None:
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "rain"}
    found = asked(messages=[{"role": "user", "content": [result, {"type": "text", "text": "And?"}]}])
    assert (found.text, found.results) == ("And?", ())
