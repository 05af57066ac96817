"""Streams whose frames were not kept, replayed to the SDKs: they hear what they heard the first time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anthropic
import openai
import pytest
import pytest_asyncio
from anthropic.types import ToolParam
from openai.types.responses import ToolParam as ResponsesTool

from tests.e2e.stages import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "sk-streams"
SCHEMA: dict[str, object] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
RESPONSES_TOOL: ResponsesTool = {"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": False}
ANTHROPIC_TOOL: ToolParam = {"name": "get_weather", "input_schema": SCHEMA}
REASONING = {"x-standin": "reasoning"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    async with staged() as stage:
        yield stage


def bases(stage: Stage, session: str) -> tuple[str, str]:
    """Where a session is recorded, and where it is replayed."""
    return f"{stage.base_url}/s/{session}", f"{stage.base_url}/replay/{session}"


def to_openai(base: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{base}/v1", api_key=KEY, max_retries=0, default_headers=REASONING)


def to_anthropic(base: str) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=base, api_key=KEY, max_retries=0, default_headers=REASONING)


async def responded(base: str, *, previous: bool) -> list[Any]:
    """Two turns with a tool; the second gives all items again, or names the first response."""
    told: list[Any] = []
    asked: list[Any] = [{"role": "user", "content": "How is the weather in Rome?"}]
    more: dict[str, Any] = {}
    async with to_openai(base) as client:
        for _ in range(2):
            async with client.responses.stream(
                model="gpt-4o-mini", input=asked, tools=[RESPONSES_TOOL], **more
            ) as stream:
                kinds = [event.type async for event in stream]
                final = await stream.get_final_response()
            told.append((final.id, [item.to_dict() for item in final.output], final.usage and final.usage.to_dict()))
            assert kinds[-1] == "response.completed"
            results = [
                {"type": "function_call_output", "call_id": item.call_id, "output": "sunny"}
                for item in final.output
                if item.type == "function_call"
            ]
            more = {"previous_response_id": final.id} if previous else {}
            asked = results if previous else [*asked, *[item.to_dict() for item in final.output], *results]
    return told


@pytest.mark.parametrize("previous", [False, True], ids=["all items again", "the response before"])
async def test_responses_are_streamed_again(stage: Stage, *, previous: bool) -> None:
    recorded, replayed = bases(stage, f"responses-{previous}")
    first = await responded(recorded, previous=previous)
    assert {item["type"] for _, output, _ in first for item in output} == {"reasoning", "function_call", "message"}
    assert await responded(replayed, previous=previous) == first


async def messaged(base: str) -> list[Any]:
    told: list[Any] = []
    asked: list[Any] = [{"role": "user", "content": "How is the weather in Rome?"}]
    async with to_anthropic(base) as client:
        for _ in range(2):
            async with client.messages.stream(
                model="claude-opus-4-8", max_tokens=99, messages=asked, tools=[ANTHROPIC_TOOL]
            ) as stream:
                texts = [text async for text in stream.text_stream]
                final = await stream.get_final_message()
            used = final.usage.input_tokens, final.usage.cache_read_input_tokens, final.usage.output_tokens
            told.append((final.id, texts, [block.to_dict() for block in final.content], final.stop_reason, used))
            results = [
                {"type": "tool_result", "tool_use_id": block.id, "content": "sunny"}
                for block in final.content
                if block.type == "tool_use"
            ]
            content = [block.to_dict() for block in final.content]
            asked = [*asked, {"role": "assistant", "content": content}, {"role": "user", "content": results}]
    return told


async def test_anthropics_messages_are_streamed_again(stage: Stage) -> None:
    recorded, replayed = bases(stage, "messages")
    first = await messaged(recorded)
    assert {block["type"] for _, _, content, *_ in first for block in content} == {"thinking", "tool_use", "text"}
    assert await messaged(replayed) == first


async def completed(base: str) -> list[Any]:
    told = []
    async with to_openai(base) as client:
        for prompt in ("Once upon a time", "Twice"):
            stream = await client.completions.create(
                model="gpt-3.5-turbo-instruct", prompt=prompt, stream=True, stream_options={"include_usage": True}
            )
            chunks = [chunk async for chunk in stream]
            text = "".join(choice.text for chunk in chunks for choice in chunk.choices)
            reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
            used = chunks[-1].usage
            told.append((text, chunks[0].id, reasons, used and (used.prompt_tokens, used.completion_tokens)))
    return told


async def test_completions_are_streamed_again(stage: Stage) -> None:
    recorded, replayed = bases(stage, "completions")
    first = await completed(recorded)
    assert first[0][0] != first[1][0]
    assert await completed(replayed) == first


async def test_what_was_streamed_is_given_in_one_piece_too(stage: Stage) -> None:
    recorded, replayed = bases(stage, "plain")
    (name, output, _), *_ = await responded(recorded, previous=False)
    (_, _, content, reason, _), *_ = await messaged(recorded)
    (text, *_), *_ = await completed(recorded)
    asked: list[Any] = [{"role": "user", "content": "How is the weather in Rome?"}]
    async with to_openai(replayed) as client, to_anthropic(replayed) as other:
        response = await client.responses.create(model="m", input=asked)
        message = await other.messages.create(model="m", max_tokens=9, messages=asked)
        completion = await client.completions.create(model="m", prompt="Once upon a time")
    assert (response.id, [item.id for item in response.output]) == (name, [item["id"] for item in output])
    assert ([block.to_dict() for block in message.content], message.stop_reason) == (content, reason)
    assert completion.choices[0].text == text
