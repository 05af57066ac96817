"""Anthropic's messages through the proxy, with Anthropic's own SDK and over bare HTTP: all of it is recorded."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic.types import ToolParam

from tests.e2e.stages import Recorded, Stage, staged
from tests.e2e.upstreams import chunked, raw_reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIRE = Path(__file__).parent.parent / "wire"
MODEL = "claude-opus-4-8"
MESSAGES = "/v1/messages"
EVENTS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
WEATHER: ToolParam = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
MARK = {"cache_control": {"type": "ephemeral"}}


def sdk(stage: Stage, key: str, path: str = "") -> anthropic.AsyncAnthropic:
    """The SDK, which puts ``/v1`` behind its base URL."""
    return anthropic.AsyncAnthropic(base_url=f"{stage.base_url}{path}", api_key=key, max_retries=0)


def user(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text, **more}]}


def request(*messages: Any, **fields: Any) -> bytes:
    return json.dumps({"model": MODEL, "max_tokens": 99, "messages": list(messages), **fields}).encode()


async def kept(stage: Stage, key: str, *messages: Any, headers: Any = None, **fields: Any) -> Recorded:
    """What is recorded of a request over bare HTTP."""
    return await stage.recorded(await stage.post(MESSAGES, key, request(*messages, **fields), headers))


async def test_the_sdk_talks(stage: Stage, key: str) -> None:
    async with sdk(stage, key) as client:
        raw = await client.messages.with_raw_response.create(
            model=MODEL, max_tokens=99, system="Be brief.", messages=[{"role": "user", "content": "Hello"}]
        )
    message = await raw.parse()
    record = await stage.recorded(raw.headers["x-exchange-id"])
    (block,) = message.content
    assert block.type == "text"
    assert record.said == [("user", "Hello"), ("assistant", block.text)]
    assert (record.exchange.dialect, record.exchange.path) == ("anthropic", "/messages")
    assert (record.exchange.completion_tokens, record.exchange.usage_source) == (
        message.usage.output_tokens,
        "reported",
    )
    assert record.exchange.cost
    assert record.sent == stage.heard.kept
    assert record.reply == raw.http_response.content
    assert stage.heard.header(b"authorization") == f"Bearer {key}"


async def test_the_sdk_streams(stage: Stage, key: str) -> None:
    async with (
        sdk(stage, key) as client,
        client.messages.stream(model=MODEL, max_tokens=99, messages=[{"role": "user", "content": "Hello"}]) as stream,
    ):
        text = "".join([piece async for piece in stream.text_stream])
    record = await stage.latest()
    assert record.said == [("user", "Hello"), ("assistant", text)]
    assert (record.exchange.stream, record.exchange.finish_reason, record.exchange.ending) == (
        True,
        "end_turn",
        "complete",
    )


async def test_a_tool_loop_is_one_session_and_reads_back_right(stage: Stage, key: str) -> None:
    said: list[Any] = [{"role": "user", "content": "How is the weather in Oslo?"}]
    async with sdk(stage, key) as client:
        for outcome in ("rain", "no such city"):
            async with client.messages.stream(
                model=MODEL,
                max_tokens=99,
                messages=said,
                tools=[WEATHER],
                thinking={"type": "enabled", "budget_tokens": 1024},
            ) as stream:
                called = await stream.get_final_message()
            call = called.content[-1]
            assert call.type == "tool_use"
            result = {
                "type": "tool_result",
                "tool_use_id": call.id,
                "content": outcome,
                "is_error": outcome != "rain",
            }
            asks = {"type": "text", "text": "And how is the weather in Bergen?"}
            said += [
                {"role": "assistant", "content": called.content},
                {"role": "user", "content": [result, asks] if outcome == "rain" else [result]},
            ]
        await client.messages.create(model=MODEL, max_tokens=99, messages=said, tools=[WEATHER])
    record = await stage.latest()
    assert [role for role, _ in record.said] == [
        "user",
        "assistant",
        "tool",
        "user",
        "assistant",
        "tool",
        "assistant",
    ]
    assert record.exchange.match == "history"
    results = {message.id: message.text for message in record.messages}
    assert [(call.name, results[call.result], call.ok) for call in record.calls] == [
        ("get_weather", "rain", True),
        ("get_weather", "no such city", False),
    ]
    signature = next(block.signature for block in said[1]["content"] if block.type == "thinking")
    assert signature.encode() in record.messages[1].body
    assert record.sent == stage.journal.entries[-2].kept


async def test_one_conversation_goes_on_from_chat_to_messages(stage: Stage, key: str) -> None:
    first = await stage.chat(key, "Hello")
    answer = first.json()["choices"][0]["message"]["content"]
    blocks = [{"type": "text", "text": answer}]
    record = await kept(stage, key, user("Hello"), {"role": "assistant", "content": blocks}, user("Count to 3"))
    assert record.exchange.match == "history"
    assert [text for _, text in record.said] == ["Hello", answer, "Count to 3", "1, 2, 3."]


async def test_marks_that_move_from_turn_to_turn_change_nothing(stage: Stage, key: str) -> None:
    said: list[Any] = []
    sizes = []
    for turn in range(1, 9):
        marked = [*said, user(f"Count to {turn}", **MARK)]
        response = await stage.post(MESSAGES, key, request(*marked))
        record = await stage.recorded(response)
        assert record.sent == request(*marked)
        assert len(record.messages) == 2 * turn
        said += [user(f"Count to {turn}"), {"role": "assistant", "content": response.json()["content"]}]
        sizes.append(len({message.id for message in record.messages}))
    assert sizes == [2, 4, 6, 8, 10, 12, 14, 16]


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_comes_back_in_one_message_with_the_beginning_that_was_given(
    stage: Stage, key: str, *, stream: bool
) -> None:
    begun = {"role": "assistant", "content": "{"}
    wish = {"x-standin": "text=%22a%22%3A1%7D"}
    first = await kept(stage, key, user("As JSON?"), begun, headers=wish, stream=stream)
    whole = {"role": "assistant", "content": [{"type": "text", "text": '{"a":1}'}]}
    then = await kept(stage, key, user("As JSON?"), whole, user("Thanks"))
    assert (then.exchange.session, then.exchange.match) == (first.exchange.session, "history")
    assert [text for _, text in then.said[:4]] == ["As JSON?", "{", '"a":1}', "Thanks"]
    assert then.sent == stage.heard.kept


async def test_tokens_are_counted_upstream_and_leave_no_messages(stage: Stage, key: str) -> None:
    async with sdk(stage, key) as client:
        raw = await client.messages.with_raw_response.count_tokens(
            model=MODEL, messages=[{"role": "user", "content": "hi"}]
        )
    record = await stage.recorded(raw.headers["x-exchange-id"])
    assert (await raw.parse()).input_tokens > 0
    assert (record.exchange.path, record.exchange.parsed, record.exchange.session) == (
        "/messages/count_tokens",
        False,
        b"",
    )


@pytest.mark.parametrize("path", ["/s/a-name", "/raw", "/raw/s/a-name"])
async def test_the_base_url_may_name_provider_and_session(stage: Stage, key: str, path: str) -> None:
    body = (WIRE / "anthropic_plain.json").read_bytes()
    stage.raw.says("/messages", raw_reply(body, b"content-type: application/json"))
    async with sdk(stage, key, path) as client:
        raw = await client.messages.with_raw_response.create(
            model=MODEL, max_tokens=99, messages=[{"role": "user", "content": "Hello"}]
        )
    record = await stage.recorded(raw.headers["x-exchange-id"])
    assert record.exchange.provider == ("raw" if "raw" in path else "default")
    assert record.exchange.match == ("header" if "a-name" in path else "new")
    assert record.reply == raw.http_response.content


async def test_the_cache_is_recorded_and_paid(stage: Stage, key: str) -> None:
    body = (WIRE / "anthropic_plain.json").read_bytes().replace(b"claude-x", MODEL.encode())
    stage.raw.says("/messages", raw_reply(body, b"content-type: application/json"))
    response = await stage.post("/raw/v1/messages", key, request(user("Hello")))
    row = (await stage.recorded(response)).exchange
    assert (row.prompt_tokens, row.cached_tokens, row.cache_written_tokens, row.reasoning_tokens) == (
        2125,
        2000,
        100,
        7,
    )
    assert row.cost == 25 * 5_000 + 60 * 6_250 + 40 * 10_000 + 2000 * 500 + 15 * 25_000


async def test_the_sdk_shows_an_error_of_stenos_own(stage: Stage, key: str) -> None:
    async with sdk(stage, key, "/nowhere") as client:
        with pytest.raises(anthropic.NotFoundError, match="There is no provider 'nowhere'"):
            await client.messages.create(model=MODEL, max_tokens=99, messages=[{"role": "user", "content": "hi"}])


async def test_an_upstreams_error_reaches_the_sdk_and_the_record(stage: Stage, key: str) -> None:
    async with sdk(stage, key) as client:
        with pytest.raises(anthropic.RateLimitError, match="The stand-in answers 429") as caught:
            await client.messages.create(
                model=MODEL,
                max_tokens=99,
                messages=[{"role": "user", "content": "hi"}],
                extra_headers={"x-standin": "status=429"},
            )
    row = (await stage.recorded(caught.value.response.headers["x-exchange-id"])).exchange
    assert (row.ending, row.error_type, row.error_message) == (
        "upstream_error",
        "rate_limit_error",
        "The stand-in answers 429, as asked.",
    )


async def test_an_error_in_mid_stream_is_recorded_with_what_came_before(stage: Stage, key: str) -> None:
    wire = (WIRE / "anthropic_error.sse").read_bytes()
    stage.raw.says("/messages", EVENTS + chunked(wire))
    response = await stage.post("/raw/v1/messages", key, request(user("Hello"), stream=True))
    record = await stage.recorded(response)
    assert response.content == wire
    assert record.said[-1] == ("assistant", "Half")
    assert (record.exchange.ending, record.exchange.error_type) == ("upstream_error", "overloaded_error")
    assert (record.exchange.prompt_tokens, record.exchange.usage_source) == (2125, "estimated")


async def test_a_stream_that_the_upstream_cuts_keeps_what_came(stage: Stage, key: str) -> None:
    wire = (WIRE / "anthropic_cut.sse").read_bytes()
    stage.raw.says("/messages", EVENTS + b"%x\r\n%s\r\n" % (len(wire), wire), closes=True)
    body = request(user("Hello"), stream=True)
    head = (
        f"POST /raw/v1/messages HTTP/1.1\r\nhost: a\r\nx-api-key: {key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    told = await stage.told(head.encode() + body)
    record = await stage.latest()
    assert wire in told.replace(b"\r\n%x\r\n" % len(wire), b"")
    assert record.said == [("user", "Hello"), ("assistant", "Half")]
    assert record.exchange.ending == "upstream_cut"


async def test_a_client_that_leaves_has_what_came_recorded(stage: Stage, key: str) -> None:
    headers = {"x-standin": "pause=6"}
    async with stage.http.stream(
        "POST",
        MESSAGES,
        content=request(user("Count to 9"), stream=True),
        headers={"x-api-key": key, "content-type": "application/json", **headers},
    ) as response:
        async for chunk in response.aiter_bytes():
            if b"content_block_delta" in chunk:
                break
        name = response.headers["x-exchange-id"]
    await asyncio.wait_for(stage.journal.reached("left", 1), 30)
    record = await stage.latest()
    assert record.exchange.ending == "client_gone"
    assert str(name).replace("-", "") == record.exchange.id.hex()
    assert record.said[-1][1].startswith("1, ")


async def test_a_stream_that_has_ended_is_on_disk(stage: Stage, key: str) -> None:
    response = await stage.post(MESSAGES, key, request(user("Hello"), stream=True))
    record = await stage.recorded(response)
    assert response.content.endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n')
    assert record.exchange.ending == "complete"


async def test_a_configured_key_goes_in_anthropics_header() -> None:
    async with staged(providers__raw__dialect="anthropic", providers__raw__api_key="sk-own") as stage:
        stage.raw.says("/v1/messages", raw_reply((WIRE / "anthropic_plain.json").read_bytes()))
        await stage.post(MESSAGES, "sk-caller", request(user("Hello")))
        (head,) = stage.raw.heads["/v1/messages"]
    assert b"x-api-key: sk-own\r\n" in head
    assert b"sk-caller" not in head
