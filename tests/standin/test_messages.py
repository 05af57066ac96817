"""The stand-in's /v1/messages, as Anthropic's own SDK meets it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import pytest
from anthropic.types import ToolParam

from proxy.standin import create_standin, messages
from proxy.standin.faults import WELL_BEHAVED, Faults
from proxy.standin.prompts import PromptError
from tests.servers import running
from tests.standin.test_endpoints import posted, told

HELLO: list[Any] = [{"role": "user", "content": "Hello"}]
GREETING = "Hello! What would you like to know?"
WEATHER: ToolParam = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
async def client() -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with (
        running(create_standin(name="s")) as base,
        anthropic.AsyncAnthropic(base_url=base, api_key="none", max_retries=0) as made,
    ):
        yield made


def create(faults: Faults = WELL_BEHAVED, said: Any = HELLO, **fields: Any) -> Any:
    return told(posted(messages.create, faults, model="m", messages=said, **fields))


def frames(faults: Faults = WELL_BEHAVED, **fields: Any) -> list[bytes]:
    return list(posted(messages.create, faults, model="m", messages=HELLO, stream=True, **fields).pieces)


async def test_a_message_and_its_stream_say_the_same(client: anthropic.AsyncAnthropic) -> None:
    plain = await client.messages.create(model="m", max_tokens=9, messages=HELLO)
    async with client.messages.stream(model="m", max_tokens=9, messages=HELLO) as stream:
        streamed = await stream.get_final_message()
    assert plain.content[0].model_dump(exclude_none=True) == {"type": "text", "text": GREETING}
    assert [block.text for block in streamed.content if block.type == "text"] == [GREETING]
    assert (plain.stop_reason, streamed.stop_reason) == ("end_turn", "end_turn")
    assert plain.usage.output_tokens == streamed.usage.output_tokens > 1


async def test_a_tool_is_called_and_its_result_read(client: anthropic.AsyncAnthropic) -> None:
    said: list[Any] = [{"role": "user", "content": "How is the weather in Oslo?"}]
    async with client.messages.stream(model="m", max_tokens=9, messages=said, tools=[WEATHER]) as stream:
        called = await stream.get_final_message()
    (call,) = called.content
    assert call.type == "tool_use"
    assert (call.name, call.input, called.stop_reason) == ("get_weather", {"city": "Oslo"}, "tool_use")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "rain"}]}
    said += [{"role": "assistant", "content": called.content}, {"role": "user", "content": [result]}]
    final = await client.messages.create(model="m", max_tokens=9, messages=said, tools=[WEATHER])
    assert [block.text for block in final.content if block.type == "text"] == ["get_weather says: rain."]


async def test_thoughts_are_signed(client: anthropic.AsyncAnthropic) -> None:
    thinking: Any = {"type": "enabled", "budget_tokens": 1024}
    async with client.messages.stream(model="m", max_tokens=9, messages=HELLO, thinking=thinking) as stream:
        thought, text = (await stream.get_final_message()).content
    assert thought.type == "thinking"
    assert thought.signature
    assert text.type == "text"


async def test_tokens_are_counted(client: anthropic.AsyncAnthropic) -> None:
    assert (await client.messages.count_tokens(model="m", messages=HELLO)).input_tokens > 0


async def test_an_error_has_anthropics_shape(client: anthropic.AsyncAnthropic) -> None:
    with pytest.raises(anthropic.RateLimitError) as caught:
        await client.messages.create(
            model="m", max_tokens=9, messages=HELLO, extra_headers={"x-standin": "status=429;retry_after=2"}
        )
    assert caught.value.body == {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": "The stand-in answers 429, as asked."},
    }
    assert caught.value.response.headers["retry-after"] == "2"


async def test_a_directive_in_the_text_works_too(client: anthropic.AsyncAnthropic) -> None:
    with pytest.raises(anthropic.InternalServerError):
        await client.messages.create(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "Hello [[status=529]]"}]
        )
    with pytest.raises(anthropic.BadRequestError):
        await client.messages.create(model="m", max_tokens=9, messages=[])


@pytest.mark.parametrize("said", [[], [7]])
def test_what_is_no_conversation_is_refused(said: Any) -> None:
    with pytest.raises(PromptError):
        create(said=said)


def test_what_is_marked_is_written_to_the_cache_and_a_long_prompt_read_from_it() -> None:
    block = {"type": "text", "text": "Hello " * 2000, "cache_control": {"type": "ephemeral"}}
    usage = create(said=[{"role": "user", "content": [block]}])["usage"]
    assert usage["cache_read_input_tokens"] > 0
    assert usage["cache_creation_input_tokens"] > 0
    assert create()["usage"]["cache_creation_input_tokens"] == 0


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ({"type": "any"}, True),
        ({"type": "tool", "name": "get_weather"}, True),
        ({"type": "none"}, False),
        ({"type": "auto"}, False),
    ],
)
def test_a_choice_of_tools_is_heard(choice: Any, called: bool) -> None:
    assert (create(tools=[WEATHER], tool_choice=choice)["stop_reason"] == "tool_use") is called


def test_a_stream_goes_wrong_as_asked() -> None:
    assert b"overloaded_error" in frames(Faults(error_after=2))[-1]
    assert b"message_stop" not in frames(Faults(no_done=True))[-1]
    assert b"message_delta" not in b"".join(frames(Faults(no_finish=True)))
    assert b"usage" not in b"".join(frames(Faults(usage="never")))
    assert all(frame.endswith(b"\r\n\r\n") for frame in frames(Faults(crlf=True)))
    assert posted(messages.create, Faults(plain=True), model="m", messages=HELLO, stream=True).length


def test_a_refusal_is_text_with_its_reason() -> None:
    refused = create(Faults(refusal=True))
    assert (refused["stop_reason"], refused["content"][0]["type"]) == ("refusal", "text")


def test_odd_content_is_read_as_far_as_it_goes() -> None:
    said = [{"role": "user", "content": None}, {"role": "user", "content": [7, {"type": "image"}]}]
    assert create(said=said)["type"] == "message"
    assert json.dumps(create(said=[{"role": "user", "content": [{"type": "tool_result", "content": 7}]}]))
