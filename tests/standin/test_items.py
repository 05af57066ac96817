import json
from typing import Any

import pytest

from proxy.standin.faults import WELL_BEHAVED, Faults
from proxy.standin.items import Head, items_of, output, prompted, read_request, usage
from proxy.standin.prompts import Prompt, PromptError
from proxy.standin.replies import Reply, reply_to

WEATHER = {"type": "function", "name": "get_weather", "parameters": {"properties": {"city": {"type": "string"}}}}


def prompt(given: Any, earlier: list[dict[str, Any]] | None = None, **fields: Any) -> Prompt:
    return prompted(read_request(json.dumps({"input": given, **fields}).encode()), earlier or [])


def replied(given: Any, faults: Faults = WELL_BEHAVED, **fields: Any) -> tuple[Reply, list[dict[str, Any]]]:
    request = read_request(json.dumps({"input": given, **fields}).encode())
    reply = reply_to(prompted(request, []), faults, "s1")
    return reply, output(reply, Head("s1", 7, request))


def test_an_input_is_text_or_items() -> None:
    assert prompt("Hello").text == prompt([{"role": "user", "content": "Hello"}]).text == "Hello"
    assert items_of(7) == items_of(["x"]) == []


@pytest.mark.parametrize("given", [None, [], [{"type": "reasoning"}]])
def test_nothing_asked_is_an_error(given: Any) -> None:
    with pytest.raises(PromptError):
        prompt(given)


def test_results_are_read_with_the_names_of_their_tools() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "get_weather", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "c", "output": "sunny"}
    listed = {"type": "function_call_output", "call_id": "c", "output": [1]}
    assert prompt([result], earlier=[call]).results == (("get_weather", "sunny"),)
    assert prompt([call, listed]).results == (("get_weather", "[1]"),)


def test_tools_are_called_and_formats_kept_as_in_a_chat() -> None:
    _, (call,) = replied("The weather in Rome?", tools=[WEATHER, 7, {"type": "web_search"}])
    assert (call["type"], call["name"], call["id"]) == ("function_call", "get_weather", "fc_s1_0")
    _, (forced,) = replied("Hello", tools=[WEATHER], tool_choice={"type": "function", "name": "get_weather"})
    assert forced["name"] == "get_weather"
    schema = {"type": "object", "properties": {"days": {"type": "integer"}}}
    _, (message,) = replied("Plan", text={"format": {"type": "json_schema", "schema": schema}})
    assert isinstance(json.loads(message["content"][0]["text"])["days"], int)


def test_reasoning_is_encrypted_where_that_is_asked() -> None:
    _, (thought, _) = replied("Hello", Faults(reasoning=True), include=["reasoning.encrypted_content"])
    _, (plain, _) = replied("Hello", Faults(reasoning=True))
    assert (thought["type"], "encrypted_content" in thought, "encrypted_content" in plain) == ("reasoning", True, False)


def test_a_refusal_is_a_part_of_its_own() -> None:
    _, (message,) = replied("Hello", Faults(refusal=True))
    assert message["content"][0]["type"] == "refusal"


def test_usage_has_its_own_words() -> None:
    reply, _ = replied("Hello")
    told = usage(reply, WELL_BEHAVED)
    assert told is not None
    assert told["input_tokens"] + told["output_tokens"] == told["total_tokens"]
    assert usage(reply, Faults(usage="never")) is None
