import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.lib.streaming.chat import ChunkEvent
from openai.types.chat import ChatCompletionToolParam
from pydantic import BaseModel

from proxy.standin import create_standin
from proxy.standin.answers import noise
from proxy.standin.encodings import encoded
from tests.servers import running

HELLO = [{"role": "user", "content": "Hello"}]
GREETING = "Hello! What would you like to know?"
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


class Trip(BaseModel):
    city: str
    days: int
    guests: list[str]


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with running(create_standin(name="s")) as base:
        yield base


@pytest.fixture
async def client(url: str) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as made:
        yield made


@pytest.fixture
async def http(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=30) as made:
        yield made


async def ask(http: httpx.AsyncClient, standin: str = "", **fields: Any) -> httpx.Response:
    return await http.post("/v1/chat/completions", json={"messages": HELLO, **fields}, headers={"x-standin": standin})


async def said(client: AsyncOpenAI, text: str) -> str | None:
    reply = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    return reply.choices[0].message.content


async def raw(url: str, fields: dict[str, Any], standin: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    body = json.dumps({"messages": HELLO, **fields}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-standin: {standin}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    return reader, writer


# The real SDK


async def test_the_sdk_chats(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.with_raw_response.create(
        model="gpt-x", messages=[{"role": "user", "content": "Hello"}]
    )
    reply = answer.parse()
    assert reply.choices[0].message.content == GREETING
    assert (reply.model, reply.id) == ("gpt-x", "chatcmpl-s00000001")
    assert answer.headers["x-request-id"] == "req_s00000001"
    assert reply.usage is not None
    assert reply.usage.completion_tokens_details is not None


async def test_the_sync_sdk_streams(url: str) -> None:
    def stream() -> str:
        with OpenAI(base_url=f"{url}/v1", api_key="none") as client:
            chunks = client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "Hello"}], stream=True
            )
            return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    assert await asyncio.to_thread(stream) == GREETING


async def test_the_sdk_streams_with_usage_and_several_answers(client: AsyncOpenAI) -> None:
    manager = client.chat.completions.stream(
        model="m", messages=[{"role": "user", "content": "Hello"}], n=2, stream_options={"include_usage": True}
    )
    async with manager as stream:
        kinds = [event async for event in stream if isinstance(event, ChunkEvent)]
        reply = await stream.get_final_completion()
    assert kinds
    assert [choice.message.content for choice in reply.choices] == [GREETING, f"{GREETING} (Take 2.)"]
    assert reply.usage is not None


@pytest.mark.parametrize("streamed", [False, True])
async def test_the_sdk_goes_through_a_tool_call(client: AsyncOpenAI, streamed: bool) -> None:
    messages: list[Any] = [{"role": "user", "content": "How is the weather in Rome?"}]
    if streamed:
        async with client.chat.completions.stream(model="m", messages=messages, tools=[WEATHER]) as stream:
            message: Any = (await stream.get_final_completion()).choices[0].message
    else:
        reply = await client.chat.completions.create(model="m", messages=messages, tools=[WEATHER])
        message = reply.choices[0].message
    call = message.tool_calls[0]
    assert json.loads(call.function.arguments) == {"city": "Rome"}
    messages += [message.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "21 °C"}]
    reply = await client.chat.completions.create(model="m", messages=messages, tools=[WEATHER])
    assert reply.choices[0].message.content == "get_weather says: 21 °C."


async def test_the_sdk_parses_structured_outputs(client: AsyncOpenAI) -> None:
    reply = await client.chat.completions.parse(
        model="m", messages=[{"role": "user", "content": "Plan 3 days in Rome"}], response_format=Trip
    )
    trip = reply.choices[0].message.parsed
    assert trip is not None
    assert (trip.city, trip.days) == ("Rome", 3)


async def test_the_sdk_uses_everything_else(client: AsyncOpenAI) -> None:
    text = await client.completions.create(model="m", prompt="2 + 2")
    vectors = await client.embeddings.create(model="m", input=["a", "b"])
    names = [model.id async for model in client.models.list()]
    file = await client.files.create(file=("a.txt", b"hello"), purpose="user_data")
    sound = await client.audio.speech.create(model="m", voice="alloy", input="hello")
    assert text.choices[0].text == "2 + 2 is 4."
    assert len(vectors.data) == 2
    assert "standin" in names
    assert file.filename == "a.txt"
    assert sound.content == b"".join(noise(5000))


async def test_the_sdk_sees_errors_that_a_message_asks_for(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        await said(client, "Hello [[status=429;retry_after=2]]")
    assert caught.value.response.headers["retry-after"] == "2"
    assert caught.value.code == "rate_limit_exceeded"


async def test_a_fault_may_be_over_after_some_times(client: AsyncOpenAI) -> None:
    patient = client.with_options(max_retries=1)
    assert await said(patient, "Hello [[status=500;times=1;headers=retry-after-ms:1]]") == GREETING


async def test_the_sdk_sees_an_error_in_mid_stream(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "Hello [[error_after=2]]"}], stream=True
    )
    with pytest.raises(openai.APIError, match="as asked"):
        _ = [chunk async for chunk in stream]


# Faults


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("streamed", [False, True])
async def test_replies_come_encoded_on_request(http: httpx.AsyncClient, coding: str, streamed: bool) -> None:
    plain = await ask(http, "text=hi", stream=streamed)
    answer = await ask(http, f"text=hi;encoding={coding}", stream=streamed)
    assert answer.headers["content-encoding"] == coding
    assert len(answer.text) == len(plain.text)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
async def test_encoded_requests_are_understood(http: httpx.AsyncClient, coding: str) -> None:
    body = b"".join(encoded([json.dumps({"messages": HELLO}).encode()], coding))
    answer = await http.post("/v1/chat/completions", content=body, headers={"content-encoding": coding})
    assert answer.json()["choices"][0]["message"]["content"] == GREETING


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_cut_ends_the_connection_before_the_reply(http: httpx.AsyncClient, streamed: bool) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await ask(http, "cut=2", stream=streamed)


async def test_a_cut_stream_has_its_first_frames_and_no_last_chunk(url: str) -> None:
    reader, writer = await raw(url, {"stream": True}, "cut=2")
    received = await reader.read()
    writer.close()
    assert received.count(b"data: ") == 2
    assert not received.endswith(b"0\r\n\r\n")


async def test_a_cut_body_has_its_first_bytes(url: str) -> None:
    reader, writer = await raw(url, {}, "cut=5")
    received = await reader.read()
    writer.close()
    assert received.partition(b"\r\n\r\n")[2] == b'{"id"'


async def test_a_paused_stream_goes_on_when_released(http: httpx.AsyncClient) -> None:
    asked = {"messages": HELLO, "stream": True}
    async with http.stream("POST", "/v1/chat/completions", json=asked, headers={"x-standin": "pause=2"}) as answer:
        lines = answer.aiter_lines()
        first = [await anext(lines) for _ in range(3)]
        await http.post("/standin/release")
        rest = [line async for line in lines]
    assert "Hello" in first[2]
    assert rest[-2] == "data: [DONE]"


@pytest.mark.parametrize("fault", ["pause=1", "pause=0", "silent", "delay=3600"])
async def test_a_client_that_leaves_is_seen_to_leave(url: str, http: httpx.AsyncClient, fault: str) -> None:
    _, writer = await raw(url, {"stream": True}, fault)
    await http.get("/standin/wait?requests=1")
    writer.close()
    await http.get("/standin/wait?left=1")
    (entry,) = (await http.get("/standin/requests")).json()["data"]
    assert entry["client_left"]


async def test_a_client_that_leaves_in_mid_upload_is_seen_to_leave(url: str, http: httpx.AsyncClient) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(b"POST /v1/files HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf")
    await http.get("/standin/wait?bytes=4")
    writer.close()
    counts = (await http.get("/standin/wait?left=1")).json()["counts"]
    assert "requests" not in counts


async def test_a_client_that_leaves_noise_is_seen_to_leave(http: httpx.AsyncClient) -> None:
    async with http.stream("GET", f"/v1/bytes/{10**10}") as answer:
        await anext(answer.aiter_raw())
    assert (await http.get("/standin/wait?left=1")).status_code == 200


@pytest.mark.parametrize("standin", ["colour=red", "status=soon"])
async def test_a_fault_that_makes_no_sense_is_a_400(http: httpx.AsyncClient, standin: str) -> None:
    answer = await ask(http, standin)
    assert answer.status_code == 400
    assert "x-standin" in answer.json()["error"]["message"]


async def test_plain_json_may_answer_a_stream(http: httpx.AsyncClient) -> None:
    answer = await ask(http, "plain;size=10", stream=True)
    assert len(answer.json()["choices"][0]["message"]["content"]) == 10


# Paths, journal and echo


async def test_an_echo_tells_the_request_as_it_arrived(http: httpx.AsyncClient) -> None:
    answer = await http.put("/v1/echo/a%2Fb//c?x=1&y=%20", content=b"\x00body", headers=[("x-a", "1"), ("x-a", "2")])
    told = answer.json()
    assert (told["method"], told["path"], told["query"]) == ("PUT", "/v1/echo/a%2Fb//c", "x=1&y=%20")
    assert [pair for pair in told["headers"] if pair[0] == "x-a"] == [["x-a", "1"], ["x-a", "2"]]
    assert b64decode(told["body_base64"]) == b"\x00body"
    assert told["body_sha256"] == sha256(b"\x00body").hexdigest()


async def test_uploads_of_any_size_are_hashed(http: httpx.AsyncClient) -> None:
    body = b"x" * 3_000_000
    told = (await http.post("/v1/files", content=body)).json()
    assert (told["bytes"], told["sha256"]) == (len(body), sha256(body).hexdigest())


async def test_noise_has_a_length_and_is_always_the_same(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/bytes/200000")
    assert answer.headers["content-length"] == "200000"
    assert answer.content == b"".join(noise(200_000))


async def test_noise_can_be_cut_at_a_byte(http: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="received 70000 bytes, expected 100000"):
        await http.get("/v1/bytes/100000", headers={"x-standin": "cut=70000"})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/", 404),
        ("GET", "/v1/models/none", 404),
        ("GET", "/v1/chat/completions", 405),
        ("GET", "/standin/nothing", 404),
        ("GET", "/standin/wait", 400),
        ("POST", "/v1/chat/completions", 400),
    ],
)
async def test_errors_have_openais_shape(http: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await http.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


async def test_the_journal_keeps_requests_until_cleared(http: httpx.AsyncClient) -> None:
    await ask(http)
    before = (await http.get("/standin/requests")).json()
    assert json.loads(b64decode(before["data"][0]["body_base64"])) == {"messages": HELLO}
    assert before["counts"]["requests"] == 1
    await http.delete("/standin/requests")
    assert (await http.get("/standin/requests")).json() == {"data": [], "counts": {}}


async def test_ids_differ_between_two_standins() -> None:
    ids = []
    for _ in range(2):
        async with running(create_standin()) as base, httpx.AsyncClient(base_url=base) as http:
            ids += [(await ask(http)).json()["id"] for _ in range(2)]
    assert len(set(ids)) == 4


async def test_a_server_stops_though_streams_hang() -> None:
    async with running(create_standin()) as base:
        reader, writer = await raw(base, {"stream": True}, "pause=1")
        await reader.readuntil(b"\n\n")
    writer.close()
    assert writer.is_closing()
