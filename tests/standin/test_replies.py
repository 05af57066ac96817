import json
from typing import Any

import pytest

from proxy.standin.faults import WELL_BEHAVED, Faults
from proxy.standin.prompts import read_prompt
from proxy.standin.replies import Reply, reply_to

WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": {"properties": {"city": {}}}}}
CLOCK = {"type": "function", "function": {"name": "currentTime"}}


def reply(text: str, faults: Faults = WELL_BEHAVED, *, before: tuple[Any, ...] = (), **fields: Any) -> Reply:
    messages = [*before, {"role": "user", "content": text}]
    return reply_to(read_prompt(json.dumps({"messages": messages, **fields}).encode()), faults, "m")


def called(reply: Reply) -> list[str]:
    return [call.name for call in reply.choices[0].calls]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Hello there", "Hello! What would you like to know?"),
        ("What is 12 * 7?", "12 * 7 is 84."),
        ("count to 3", "1, 2, 3."),
        ("My name is Ada", "Nice to meet you, Ada!"),
        ("What is my name?", "You haven't told me your name yet."),
        ("Thanks", "You're welcome."),
        ("The cat sat.", "You said: “The cat sat.”"),
        ("", "I'm listening."),
    ],
)
def test_a_rule_answers(asked: str, said: str) -> None:
    assert reply(asked).choices[0].text == said


def test_the_weather_depends_on_the_place_alone() -> None:
    assert reply("Weather in Rome?").choices == reply("And the weather in Rome now?").choices
    assert reply("weather in Rome").choices != reply("weather in Oslo").choices


def test_a_name_told_earlier_is_remembered() -> None:
    before = ({"role": "user", "content": "My name is Ada"}, {"role": "assistant", "content": "Nice"})
    assert reply("What is my name?", before=before).choices[0].text == "Your name is Ada."


def test_a_tool_is_called_when_the_text_speaks_of_it() -> None:
    answer = reply("What's the weather in Rome?", tools=[CLOCK, WEATHER])
    assert called(answer) == ["get_weather"]
    assert json.loads(answer.choices[0].calls[0].arguments) == {"city": "Rome"}
    assert answer.choices[0].finish_reason == "tool_calls"


def test_two_tools_are_called_unless_parallel_calls_are_off() -> None:
    assert called(reply("weather and time", tools=[CLOCK, WEATHER])) == ["currentTime", "get_weather"]
    assert called(reply("weather and time", tools=[CLOCK, WEATHER], parallel_tool_calls=False)) == ["currentTime"]


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("none", []),
        ("auto", []),
        ("required", ["currentTime"]),
        ({"type": "function", "function": {"name": "get_weather"}}, ["get_weather"]),
    ],
)
def test_a_tool_choice_is_obeyed(choice: Any, names: list[str]) -> None:
    assert called(reply("hm", tools=[CLOCK, WEATHER], tool_choice=choice)) == names


def test_a_tool_can_be_forced_without_being_offered() -> None:
    assert called(reply("hm", Faults(tool="anything"))) == ["anything"]


def test_results_of_tools_end_in_a_text_even_when_a_call_is_forced() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "weather?"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "21 °C"},
    ]
    body = json.dumps({"messages": messages, "tools": [WEATHER], "tool_choice": "required"}).encode()
    answer = reply_to(read_prompt(body), Faults(tool="x"), "m")
    assert answer.choices[0].text == "get_weather says: 21 °C."


def test_a_response_format_is_obeyed() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert json.loads(reply("give 5", response_format=wanted).choices[0].text or "") == {"n": 5}
    loose = reply("hi", response_format={"type": "json_object"}).choices[0].text or ""
    assert json.loads(loose) == {"answer": "Hello! What would you like to know?"}


def test_several_answers_differ() -> None:
    texts = [choice.text for choice in reply("hi", n=3).choices]
    assert len(set(texts)) == 3


@pytest.mark.parametrize("size", [0, 1, 35, 36, 1000])
def test_a_text_has_the_size_that_was_asked(size: int) -> None:
    assert len(reply("hi", Faults(size=size)).choices[0].text or "") == size


def test_a_text_can_be_dictated() -> None:
    assert reply("hi", Faults(text="bye", size=50)).choices[0].text == "bye"


def test_refusals_and_reasoning_come_on_request() -> None:
    choice = reply("hi", Faults(refusal=True, reasoning=True)).choices[0]
    assert choice.text is None
    assert choice.refusal
    assert choice.reasoning


def test_usage_adds_up_and_long_prompts_are_cached() -> None:
    usage = reply("x" * 8000, Faults(reasoning=True)).usage
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["prompt_tokens_details"]["cached_tokens"] == 1920
    assert usage["completion_tokens_details"]["reasoning_tokens"] > 0
    assert reply("hi").usage["prompt_tokens_details"]["cached_tokens"] == 0
