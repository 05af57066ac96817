"""What is recorded of an exchange: all that passed, how it ended, and each thing once."""

import asyncio
import json
import zlib
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import aiosqlite
import httpx
import pytest

from tests.e2e.stages import CHAT, RAW_CHAT, Recorded, Stage, staged
from tests.e2e.upstreams import ASKED, raw_reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/chat/completions"
SAVED = "SELECT data FROM checkpoints JOIN exchanges ON exchanges.id = exchange WHERE uid = ? ORDER BY number"
TOOLS = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("get_weather", "get_time")]


def frames(*pieces: object) -> bytes:
    """Events; a value is written as JSON, text as it is."""
    texts = [piece if isinstance(piece, str) else json.dumps(piece) for piece in pieces]
    return "".join(f"data: {text}\n\n" for text in texts).encode()


def delta(text: str, **more: Any) -> dict[str, Any]:
    """A chunk of an answer."""
    return {"id": "c1", "model": "m-1", "choices": [{"index": 0, "delta": {"content": text}, **more}]}


def streamed(body: bytes) -> bytes:
    """A stream whose end is the end of its connection."""
    return b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + body


async def into(came: bytearray, response: httpx.Response) -> None:
    """Take a body as far as it comes."""
    async for chunk in response.aiter_raw():
        came += chunk


def text_of(body: bytes | bytearray) -> str:
    """What whole frames say."""
    events = [json.loads(event[6:]) for event in body.decode().split("\n\n")[:-1]]
    return "".join(event["choices"][0]["delta"].get("content") or "" for event in events)


async def raw_stream(stage: Stage, key: str, body: bytes) -> Recorded:
    """What is recorded of a stream of these bytes, which must reach the client."""
    stage.raw.says(PATH, streamed(body), closes=True)
    asked = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}'
    response = await stage.post(RAW_CHAT, key, asked)
    assert response.content == body
    return await stage.recorded(response)


# A reply


async def test_an_exchange_is_recorded_with_all_its_facts(stage: Stage, key: str) -> None:
    response = await stage.chat(key, "Hello", headers={"user-agent": "test/1"})
    row = (await stage.recorded(response)).exchange
    usage = response.json()["usage"]
    assert (row.method, row.path, row.dialect, row.provider) == ("POST", PATH, "chat", "default")
    assert (row.model, row.answered_by, row.status, row.ending) == ("gpt-4o-mini", "gpt-4o-mini", 200, "complete")
    assert (row.finish_reason, row.user_agent, row.parsed, row.stream) == ("stop", "test/1", True, False)
    assert row.upstream_id == response.headers["x-request-id"]
    assert (row.usage_source, row.prompt_tokens, row.completion_tokens) == (
        "reported",
        usage["prompt_tokens"],
        usage["completion_tokens"],
    )
    assert row.cost == usage["prompt_tokens"] * 150 + usage["completion_tokens"] * 600
    assert row.at <= row.first_byte_at <= row.ended_at
    assert (row.error_type, row.error_code, row.error_message, row.error_body) == ("", "", "", b"")


@pytest.mark.parametrize("stream", [False, True])
async def test_every_choice_is_recorded(stage: Stage, key: str, stream: bool) -> None:
    record = await stage.recorded(await stage.chat(key, "Hello", n=3, stream=stream))
    hello = "Hello! What would you like to know?"
    assert record.said == [
        ("user", "Hello"),
        ("assistant", hello),
        ("assistant", f"{hello} (Take 2.)"),
        ("assistant", f"{hello} (Take 3.)"),
    ]
    assert len({message.parent for message in record.messages[1:]}) == 1


@pytest.mark.parametrize("stream", [False, True])
async def test_reasoning_and_refusals_are_recorded(stage: Stage, key: str, stream: bool) -> None:
    wish = "reasoning;refusal;usage=every"
    record = await stage.recorded(await stage.chat(key, "Hello", wish=wish, stream=stream))
    body = json.loads(record.messages[1].body)
    assert body["refusal"] == "I'm sorry, but I can't help with that."
    assert body["refusal"] in record.messages[1].text
    assert any("Let me think." in str(value) for name, value in body.items() if name.startswith("reasoning"))
    assert record.exchange.reasoning_tokens


async def test_parallel_tool_calls_are_paired_with_their_results(stage: Stage, key: str) -> None:
    question = {"role": "user", "content": "What is the weather and the time?"}
    first = (await stage.chat(key, question, tools=TOOLS)).json()["choices"][0]["message"]
    weather, time = first["tool_calls"]
    results = [
        {"role": "tool", "tool_call_id": time["id"], "content": "Error: no clock"},
        {"role": "tool", "tool_call_id": weather["id"], "content": "4 degrees"},
    ]
    record = await stage.recorded(await stage.chat(key, question, first, *results, tools=TOOLS))
    told = {call.name: call for call in record.calls}
    assert set(told) == {"get_weather", "get_time"}
    assert (told["get_weather"].ok, told["get_time"].ok) == (True, False)
    assert all(call.returned_at >= call.called_at > 0 for call in record.calls)
    texts = {message.id: message.text for message in record.messages}
    assert (texts[told["get_weather"].result], texts[told["get_time"].result]) == ("4 degrees", "Error: no clock")
    assert told["get_weather"].arguments == weather["function"]["arguments"]


async def test_usage_is_reported_estimated_or_unknown(stage: Stage, key: str) -> None:
    reported = await stage.chat(key, "Hello", stream=True, stream_options={"include_usage": True})
    estimated = await stage.chat(key, "Hello", stream=True)
    unknown = await stage.chat(key, "Hello", wish="status=500")
    rows = [(await stage.recorded(one)).exchange for one in (reported, estimated, unknown)]
    assert [row.usage_source for row in rows] == ["reported", "estimated", "unknown"]
    assert (rows[1].prompt_tokens, rows[1].completion_tokens) == (8, 9)
    assert rows[1].cost == 8 * 150 + 9 * 600
    assert (rows[2].prompt_tokens, rows[2].cost) == (None, None)


async def test_a_model_without_a_price_costs_unknown(stage: Stage, key: str) -> None:
    record = await stage.recorded(await stage.chat(key, "Hello", model="no-such-model"))
    assert record.exchange.cost is None
    assert record.exchange.prompt_tokens


async def test_the_model_that_answered_is_recorded_beside_the_one_asked_for(stage: Stage, key: str) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "length"}
    stage.raw.says(PATH, raw_reply(json.dumps({"model": "m-2026", "choices": [choice]}).encode()))
    row = (await stage.recorded(await stage.post(RAW_CHAT, key, ASKED))).exchange
    assert (row.model, row.answered_by, row.finish_reason, row.provider) == ("m", "m-2026", "length", "raw")


# How it ends


async def test_an_errors_body_is_recorded(stage: Stage, key: str) -> None:
    response = await stage.chat(key, "Hello", wish="status=503")
    row = (await stage.recorded(response)).exchange
    assert (row.status, row.ending, row.error_body) == (503, "upstream_error", response.content)
    assert (row.error_type, row.error_code) == ("server_error", "standin_503")


async def test_an_error_that_is_no_json_is_recorded_too(stage: Stage, key: str) -> None:
    stage.raw.says(PATH, raw_reply(b"<html>Bad Gateway</html>", b"content-type: text/html", status=b"502 Bad"))
    response = await stage.post(RAW_CHAT, key, ASKED)
    row = (await stage.recorded(response)).exchange
    assert response.content == row.error_body == b"<html>Bad Gateway</html>"
    assert (row.status, row.ending, row.error_message) == (502, "upstream_error", "<html>Bad Gateway</html>")


async def test_an_error_in_mid_stream_is_recorded_with_what_came_before(stage: Stage, key: str) -> None:
    record = await stage.recorded(await stage.chat(key, "Count to 9", wish="error_after=4", stream=True))
    assert (record.exchange.status, record.exchange.ending) == (200, "upstream_error")
    assert record.exchange.error_message
    assert record.said[1][0] == "assistant"


async def test_a_stream_that_was_cut_is_recorded_as_far_as_it_came(stage: Stage, key: str) -> None:
    body = {"model": "gpt-4o-mini", "stream": True, "messages": [{"role": "user", "content": "Count to 50"}]}
    headers = {"authorization": f"Bearer {key}", "x-standin": "cut=5"}
    came = bytearray()
    async with stage.http.stream("POST", CHAT, json=body, headers=headers) as response:
        with pytest.raises(httpx.RemoteProtocolError):
            await into(came, response)
    record = await stage.recorded(response)
    assert came.count(b"\n\n") == 5
    assert record.exchange.ending == "upstream_cut"
    assert record.said[1] == ("assistant", text_of(came))


async def test_a_client_that_leaves_in_mid_stream_gets_its_partial_reply_recorded(stage: Stage, key: str) -> None:
    body = {"model": "gpt-4o-mini", "stream": True, "messages": [{"role": "user", "content": "Count to 50"}]}
    headers = {"authorization": f"Bearer {key}", "x-standin": "pause=5"}
    async with stage.http.stream("POST", CHAT, json=body, headers=headers) as response:
        came = b""
        chunks = response.aiter_raw()
        while came.count(b"\n\n") < 5:
            came += await anext(chunks)
    await stage.journal.reached("left", 1)
    record = await stage.latest()
    assert record.exchange.ending == "client_gone"
    assert (record.exchange.status, record.exchange.usage_source) == (200, "estimated")
    assert record.said[1] == ("assistant", text_of(came))


@pytest.mark.parametrize("path", [CHAT, "/v1/echo"])
async def test_a_client_that_leaves_before_the_head_ends_its_request(stage: Stage, key: str, path: str) -> None:
    async with stage.socket() as (_, writer):
        head = f"POST {path} HTTP/1.1\r\nHost: h\r\nx-standin: silent\r\nContent-Length: {len(ASKED)}\r\n\r\n"
        writer.write(head.encode() + ASKED)
        await stage.journal.reached("requests", 1)
    await stage.journal.reached("left", 1)
    record = await stage.latest()
    assert (record.exchange.ending, record.exchange.status) == ("client_gone", 0)
    assert record.said == ([("user", "hi")] if path == CHAT else [])


async def test_a_client_that_leaves_a_download_ends_it(stage: Stage, key: str) -> None:
    async with stage.http.stream("GET", "/v1/bytes/50000000", headers={"x-standin": "pause=1000"}) as response:
        await anext(response.aiter_raw())
    await stage.journal.reached("left", 1)
    assert (await stage.latest()).exchange.ending == "client_gone"


async def test_a_client_that_leaves_in_the_middle_of_its_upload_ends_it(stage: Stage, key: str) -> None:
    async with stage.socket() as (_, writer):
        writer.write(b"POST /v1/files HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nbegun")
        await stage.journal.reached("bytes", 5)
    await stage.journal.reached("left", 1)
    record = await stage.latest()
    assert (record.exchange.ending, record.exchange.path) == ("client_gone", "/files")


async def test_a_stream_without_its_closing_event_is_recorded_whole(stage: Stage, key: str) -> None:
    record = await raw_stream(stage, key, frames(delta("Hi"), delta("", finish_reason="stop")))
    assert record.said[1] == ("assistant", "Hi")
    assert (record.exchange.ending, record.exchange.finish_reason) == ("complete", "stop")


async def test_what_follows_the_closing_event_passes(stage: Stage, key: str) -> None:
    record = await raw_stream(stage, key, frames(delta("Hi"), "[DONE]", delta("more")) + b": bye\n\n")
    assert record.said[1] == ("assistant", "Hi")
    assert record.exchange.ending == "complete"


async def test_frames_that_are_no_json_pass(stage: Stage, key: str) -> None:
    record = await raw_stream(stage, key, frames("{no json", delta("Hi"), "[DONE]"))
    assert record.said[1] == ("assistant", "Hi")


async def test_a_stream_answered_with_plain_json_is_read_as_such(stage: Stage, key: str) -> None:
    response = await stage.chat(key, "Hello", wish="plain", stream=True)
    record = await stage.recorded(response)
    assert response.headers["content-type"] == "application/json"
    assert record.said[1] == ("assistant", response.json()["choices"][0]["message"]["content"])
    assert record.reply == response.content


# Once


async def test_each_message_is_recorded_once_however_often_it_is_sent(stage: Stage, key: str) -> None:
    messages: list[Any] = [{"role": "system", "content": "Be brief."}]
    for number in range(5):
        messages.append({"role": "user", "content": f"Question {number}"})
        response = await stage.chat(key, *messages, tools=TOOLS)
        messages.append(response.json()["choices"][0]["message"])
    record = await stage.recorded(response)
    assert [role for role, _ in record.said if role != "system"] == ["user", "assistant"] * 5
    async with stage.reading() as store:
        rows = await store.exchanges(record.exchange.session)
        assert len({row.system for row in rows}) == 1
        assert len(rows) == 5
        for row in rows:
            assert json.loads(await store.sent(row.id) or b"")["tools"] == TOOLS


async def test_two_keys_never_share_a_session(stage: Stage, key: str) -> None:
    first = await stage.chat(key, "Hello")
    answer = first.json()["choices"][0]["message"]
    mine = await stage.chat(key, "Hello", answer, "And now?")
    theirs = await stage.chat(f"{key}-other", "Hello", answer, "And now?")
    named = [await stage.chat(f"{key}{end}", "Hi", headers={"x-session-id": key}) for end in ("", "-other")]
    assert mine.headers["x-session-id"] == first.headers["x-session-id"]
    assert theirs.headers["x-session-match"] == "new"
    assert theirs.headers["x-session-id"] != first.headers["x-session-id"]
    assert len({response.headers["x-session-id"] for response in named}) == 2


# Kept on request


async def checkpoints(stage: Stage, exchange: str, awaited: bytes) -> list[bytes]:
    """The pieces that the store holds of a running stream, once there is any if some are awaited."""
    path = stage.store_url.removeprefix("sqlite:///")
    while True:
        async with aiosqlite.connect(f"file:{path}?mode=ro", uri=True) as connection:
            rows = await connection.execute_fetchall(SAVED, (UUID(exchange).bytes,))
        saved = [zlib.decompress(data) for (data,) in rows]
        if not awaited or b"".join(saved) == awaited:
            return saved


async def test_a_long_stream_is_checkpointed_with_only_what_is_new(key: str) -> None:
    async with staged(recording__checkpoint_seconds=0.001) as stage:
        body = {"model": "gpt-4o-mini", "stream": True, "messages": [{"role": "user", "content": "Count to 30"}]}
        headers = {"authorization": f"Bearer {key}", "x-standin": "delay=0.005;frames=60;pause=40"}
        async with stage.http.stream("POST", CHAT, json=body, headers=headers) as response:
            came = b""
            chunks = response.aiter_raw()
            while came.count(b"\n\n") < 40:
                came += await anext(chunks)
            saved = await checkpoints(stage, response.headers["x-exchange-id"], came)
            stage.standin.gate.release()
            came += b"".join([chunk async for chunk in chunks])
        assert b"".join(saved) == came[: len(b"".join(saved))]
        assert len(saved) > 3
        assert max(map(len, saved)) < len(b"".join(saved)) / 2
        assert await checkpoints(stage, response.headers["x-exchange-id"], b"") == []


@pytest.mark.parametrize(("raw", "kept"), [("off", False), ("errors", False), ("all", True)])
async def test_the_bytes_of_replies_are_kept_as_far_as_wished(key: str, raw: str, kept: bool) -> None:
    async with staged(recording__raw=raw) as stage:
        fine = await stage.chat(key, "Count to 9", stream=True)
        failed = await stage.chat(key, "Hi", wish="status=500")
        records = [await stage.recorded(one) for one in (fine, failed)]
    assert records[0].reply == (fine.content if kept else None)
    assert records[1].reply == failed.content  # an error's bytes are kept with it in any case


async def test_a_store_without_waiting_and_one_that_waits_for_the_disk_hold_the_same(key: str) -> None:
    for durability in ("background", "strict"):
        async with staged(recording__durability=durability) as stage:
            response = await stage.chat(key, "Hello")
            await stage.chat(key, "Hello")
            record = await stage.latest() if durability == "background" else await stage.recorded(response)
        assert record.said[0] == ("user", "Hello")
        assert record.exchange.ending == "complete"


@pytest.mark.parametrize("length", [False, True])
async def test_usage_that_was_asked_for_here_is_recorded_and_not_passed_on(key: str, length: bool) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    body, rest = frames(delta("Hi"), usage, "[DONE]"), frames(delta("Hi"), "[DONE]")
    async with staged(providers__raw__ask_usage=True) as stage:
        reply = raw_reply(body, b"content-type: text/event-stream")
        stage.raw.says(PATH, reply if length else streamed(body), closes=not length)
        asked = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}'
        response = await stage.post(RAW_CHAT, key, asked)
        record = await stage.recorded(response)
    assert response.content == rest
    assert b"include_usage" in stage.raw.bodies[PATH]
    assert (record.sent, record.exchange.ending) == (asked, "complete")
    assert (record.exchange.usage_source, record.exchange.prompt_tokens) == ("reported", 3)


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_request_that_overtakes_the_end_of_a_stream_is_placed_behind_it(
    stage: Stage, key: str, *, leaves: bool
) -> None:
    """The client goes on at the reason why the answer finished; the upstream's last word comes later, or never."""
    goes_on = asyncio.Event()
    whole = frames(delta("Hi"), delta("", finish_reason="stop"))

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stage.raw.read_body(PATH, reader)
        writer.write(streamed(whole))
        await writer.drain()
        await goes_on.wait()
        writer.write(frames("[DONE]"))
        writer.close()

    stage.raw.scripts[PATH] = script
    said = [{"role": "user", "content": "hi"}]
    body = {"model": "m", "stream": True, "messages": said}
    headers = {"authorization": f"Bearer {key}"}
    async with AsyncExitStack() as left:
        first = await left.enter_async_context(stage.http.stream("POST", RAW_CHAT, json=body, headers=headers))
        came, chunks = b"", first.aiter_raw()
        while came.count(b"\n\n") < 2:
            came += await anext(chunks)
        if leaves:
            await left.aclose()
        second = await stage.chat(key, *said, {"role": "assistant", "content": "Hi"}, "And now?")
        goes_on.set()
    assert second.headers["x-session-match"] == "history"
    assert second.headers["x-session-id"] == first.headers["x-session-id"]
    record = await stage.recorded(first)
    assert (record.exchange.ending, record.exchange.finish_reason) == ("client_gone", "stop")
    assert [text for _, text in record.said[:3]] == ["hi", "Hi", "And now?"]
