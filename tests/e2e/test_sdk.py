"""The real OpenAI SDK through the proxy: it notices nothing, and all of it is recorded."""

import asyncio
import io
import json
from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import BaseModel

from tests.e2e.stages import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL = "gpt-4o-mini"
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Meeting(BaseModel):
    """What is parsed."""

    title: str
    people: list[str]


def asked(text: str) -> list[ChatCompletionMessageParam]:
    """A conversation that begins."""
    return [{"role": "user", "content": text}]


async def in_thread(stage: Stage, key: str, work: Callable[[openai.OpenAI], Any]) -> Any:
    """Work with the SDK that blocks."""

    def worked() -> Any:
        with openai.OpenAI(base_url=f"{stage.base_url}/v1", api_key=key, max_retries=0) as client:
            return work(client)

    return await asyncio.to_thread(worked)


async def test_the_sync_client_talks(stage: Stage, key: str) -> None:
    def talk(client: openai.OpenAI) -> Any:
        return client.chat.completions.with_raw_response.create(model=MODEL, messages=asked("Hello"))

    raw = await in_thread(stage, key, talk)
    assert raw.parse().choices[0].message.content.startswith("Hello!")
    record = await stage.recorded(raw.headers["x-exchange-id"])
    assert record.said == [("user", "Hello"), ("assistant", raw.parse().choices[0].message.content)]
    assert record.exchange.user_agent.startswith("OpenAI/Python")
    assert record.exchange.upstream_id == raw.headers["x-request-id"] == raw.request_id


async def test_the_sync_client_streams(stage: Stage, key: str) -> None:
    def talk(client: openai.OpenAI) -> str:
        with client.chat.completions.create(model=MODEL, messages=asked("Count to 9"), stream=True) as stream:
            return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)

    text = await in_thread(stage, key, talk)
    record = await stage.latest()
    assert text == "1, 2, 3, 4, 5, 6, 7, 8, 9."
    assert record.said == [("user", "Count to 9"), ("assistant", text)]
    assert (record.exchange.stream, record.exchange.usage_source) == (True, "estimated")


async def test_the_async_client_streams_with_usage(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        stream = await client.chat.completions.create(
            model=MODEL, messages=asked("Hello"), stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
    usage = chunks[-1].usage
    assert usage is not None
    record = await stage.latest()
    assert record.exchange.usage_source == "reported"
    assert (record.exchange.prompt_tokens, record.exchange.completion_tokens) == (
        usage.prompt_tokens,
        usage.completion_tokens,
    )


async def test_a_conversation_goes_on_with_what_the_client_makes_of_the_answers(stage: Stage, key: str) -> None:
    sessions = set()
    messages: list[Any] = []
    async with stage.openai(key) as client:
        for text in ("My name is Ada", "Hello", "What is my name?"):
            messages.append({"role": "user", "content": text})
            raw = await client.chat.completions.with_raw_response.create(model=MODEL, messages=messages)
            messages.append(raw.parse().choices[0].message)
            sessions.add(raw.headers["x-session-id"])
    assert messages[-1].content == "Your name is Ada."
    assert len(sessions) == 1
    assert raw.headers["x-session-match"] == "history"
    record = await stage.recorded(raw.headers["x-exchange-id"])
    assert [role for role, _ in record.said] == ["user", "assistant"] * 3


async def test_tools_are_called_and_answered(stage: Stage, key: str) -> None:
    messages: list[Any] = [*asked("What is the weather in Oslo?")]
    async with stage.openai(key) as client:
        first = await client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])
        call: Any = (first.choices[0].message.tool_calls or [])[0]
        result: Any = {"role": "tool", "tool_call_id": call.id, "content": '{"celsius": 4}'}
        messages += [first.choices[0].message, result]
        second = await client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])
    record = await stage.latest()
    assert second.choices[0].message.content == 'get_weather says: {"celsius": 4}.'
    (kept,) = record.calls
    assert (kept.id, kept.name, kept.arguments, kept.ok) == (call.id, "get_weather", call.function.arguments, True)
    assert kept.returned_at >= kept.called_at


async def test_tools_are_called_in_a_stream(stage: Stage, key: str) -> None:
    question = asked("What is the weather in Oslo?")
    async with (
        stage.openai(key) as client,
        client.chat.completions.stream(model=MODEL, messages=question, tools=[WEATHER]) as stream,
    ):
        completion = await stream.get_final_completion()
    call: Any = (completion.choices[0].message.tool_calls or [])[0]
    record = await stage.latest()
    (kept,) = record.calls
    assert (kept.id, kept.arguments, kept.ok) == (call.id, call.function.arguments, None)
    assert record.exchange.finish_reason == "tool_calls"


async def test_an_answer_is_parsed(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        parsed = await client.chat.completions.parse(
            model=MODEL, messages=asked("When do we meet?"), response_format=Meeting
        )
    assert isinstance(parsed.choices[0].message.parsed, Meeting)
    record = await stage.latest()
    assert json.loads(record.said[-1][1]) == parsed.choices[0].message.parsed.model_dump()


async def test_raw_responses_have_the_upstreams_headers_and_ours(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        raw = await client.chat.completions.with_raw_response.create(
            model=MODEL, messages=asked("Hello"), extra_headers={"x-session-id": "named-by-me"}
        )
    assert raw.headers["content-type"] == "application/json"
    assert raw.headers["x-session-match"] == "header"
    record = await stage.recorded(raw.headers["x-exchange-id"])
    async with stage.reading() as store:
        session = await store.session("named-by-me")
    assert session is not None
    assert session.id == record.exchange.session


async def test_a_raw_stream_is_the_upstreams(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        create = client.chat.completions.with_streaming_response.create
        async with create(model=MODEL, messages=asked("Count to 3"), stream=True) as response:
            body = b"".join([chunk async for chunk in response.iter_bytes()])
    assert response.headers["content-type"].startswith("text/event-stream")
    assert body.endswith(b"data: [DONE]\n\n")
    assert (await stage.recorded(response.headers["x-exchange-id"])).said[-1] == ("assistant", "1, 2, 3.")


async def test_a_stream_that_is_aborted_ends_upstream_and_is_recorded_as_far_as_it_came(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        stream = await client.chat.completions.create(
            model=MODEL, messages=asked("Count to 99"), stream=True, extra_headers={"x-standin": "pause=6"}
        )
        text = ""
        async for chunk in stream:
            text += chunk.choices[0].delta.content or ""
            if len(text) >= 8:
                break
        await stream.close()
        await stage.journal.reached("left", 1)
    record = await stage.latest()
    assert record.exchange.ending == "client_gone"
    assert record.said[1][1].startswith(text)
    assert not record.said[1][1].endswith("99.")


async def test_errors_are_the_upstreams(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        with pytest.raises(openai.RateLimitError) as caught:
            await client.chat.completions.create(
                model=MODEL, messages=asked("Hi"), extra_headers={"x-standin": "status=429;retry_after=7"}
            )
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.code == "rate_limit_exceeded"
    record = await stage.recorded(caught.value.response.headers["x-exchange-id"])
    assert (record.exchange.status, record.exchange.error_code) == (429, "rate_limit_exceeded")
    assert record.exchange.error_body == caught.value.response.content


async def test_retries_of_the_sdk_are_attempts_at_one_question(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        raw = await client.with_options(max_retries=2).chat.completions.with_raw_response.create(
            model=MODEL, messages=asked("Hi again"), extra_headers={"x-standin": "status=500;times=1;retry_after=0"}
        )
    assert raw.retries_taken == 1
    assert raw.headers["x-session-match"] == "retry"
    record = await stage.recorded(raw.headers["x-exchange-id"])
    assert [role for role, _ in record.said] == ["user", "assistant"]


async def test_models_embeddings_and_legacy_completions_pass(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        assert [model.id async for model in client.models.list()] == ["standin", "standin-mini", MODEL]
        assert (await client.models.retrieve("standin")).id == "standin"
        embedded = await client.embeddings.create(model="e", input=["one", "two"])
        completed = await client.completions.create(model=MODEL, prompt="Hello")
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("none/such")
    assert len(embedded.data) == 2
    assert completed.choices[0].text
    async with stage.reading() as store:
        rows = (await store.exchanges())[:5]
    assert [row.path for row in reversed(rows)] == [
        "/models",
        "/models/standin",
        "/embeddings",
        "/completions",
        "/models/none%2Fsuch",
    ]
    assert [row.parsed for row in reversed(rows)] == [False, False, True, True, False]
    assert {row.session for row in rows} == {b""}


async def test_files_are_uploaded_and_speech_comes_back(stage: Stage, key: str) -> None:
    content = b"line\n" * 500_000
    async with stage.openai(key) as client:
        uploaded = await client.files.create(file=("lines.txt", io.BytesIO(content)), purpose="user_data")
        speech = await client.audio.speech.create(model="tts", voice="alloy", input="Hello there")
    assert uploaded.bytes > len(content)
    assert len(speech.content) == 11_000
