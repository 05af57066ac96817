"""What becomes of bodies: rebuilt byte for byte, passed unread, or refused."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.e2e.stages import CHAT, RAW_CHAT, Stage, staged
from tests.e2e.upstreams import ASKED, raw_reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

CAPTURES = Path(__file__).parent.parent / "wire" / "captures"
PATH = "/chat/completions"


# Byte for byte


def captured() -> list[Any]:
    """The chat requests that real clients were seen to send."""
    found = []
    for path in sorted(CAPTURES.glob("*.json")):
        for number, request in enumerate(json.loads(path.read_bytes())):
            if request["request_line"].startswith("POST /v1/chat/completions") and request["body_json"]:
                found.append(pytest.param(request, id=f"{path.stem}-{number}"))
    return found


def written(request: dict[str, Any]) -> bytes:
    """The body as the client wrote it: one way of writing JSON has the length that was seen."""
    value = request["body_json"]
    ways = [
        json.dumps(value, separators=separators, ensure_ascii=escaped).encode()
        for separators in ((",", ":"), (", ", ": "))
        for escaped in (False, True)
    ]
    return next((way for way in ways if len(way) == request["body_bytes"]), ways[0])


@pytest.mark.parametrize("request_seen", captured())
async def test_what_clients_send_is_rebuilt_byte_for_byte(stage: Stage, key: str, request_seen: dict[str, Any]) -> None:
    body = written(request_seen)
    dropped = {"host", "connection", "content-length", "accept-encoding", "authorization", "transfer-encoding"}
    headers = {name: value for name, value in request_seen["headers"] if name.lower() not in dropped}
    response = await stage.post(CHAT, key, body, headers)
    assert response.status_code == 200
    record = await stage.recorded(response)
    assert stage.heard.kept == record.sent == body
    if not json.loads(body).get("stream"):
        assert record.reply == response.content


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"m","messages":[]}',
        b' {"messages" : [ {"content":"a","role":"user"} , {"role":"user","content":"a"}]\n, "model":"m" }\n',
        b'{"model":"m","messages":[{"role":"user","content":"\\ud83d\\u0000 \\u2028"}],"seed":12345678901234567890123}',
        b'{"model":"m","messages":[{"role":"user","content":"x","content":"y"}],"top_p":1.0,"n":1e0}',
        b'{"model":"m","tools":[{"messages":[1]}],"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}',
    ],
)
async def test_odd_requests_are_rebuilt_byte_for_byte(stage: Stage, key: str, body: bytes) -> None:
    stage.raw.says(PATH, raw_reply(b'{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"}}]} \n'))
    record = await stage.recorded(await stage.post(RAW_CHAT, key, body))
    assert stage.raw.bodies[PATH] == body
    assert record.exchange.parsed
    assert record.sent == body
    assert record.reply == b'{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"}}]} \n'


# What is not read


@pytest.mark.parametrize(
    "body", [b"no JSON", b"[]", b'{"model":"m"}', b'{"messages":7}', b"\xff\xfe", b'{"model":1,"messages":[]}']
)
async def test_what_is_no_chat_request_passes_and_is_recorded_unparsed(stage: Stage, key: str, body: bytes) -> None:
    stage.raw.says(PATH, raw_reply(b'{"error":{"message":"What?"}}', status=b"400 Bad Request"))
    response = await stage.post(RAW_CHAT, key, body)
    record = await stage.recorded(response)
    assert response.status_code == 400
    assert stage.raw.bodies[PATH] == body
    assert (record.exchange.parsed, record.exchange.session, record.exchange.ending) == (False, b"", "upstream_error")
    assert record.exchange.error_message == "What?"


async def test_a_body_in_an_encoding_that_nobody_knows_passes(stage: Stage, key: str) -> None:
    stage.raw.says(PATH, raw_reply(b"{}"))
    for coding in ("rot13", "gzip"):
        response = await stage.post(RAW_CHAT, key, b"odd bytes", {"content-encoding": coding})
        assert response.status_code == 200
        assert stage.raw.bodies[PATH] == b"odd bytes"
        assert not (await stage.recorded(response)).exchange.parsed


async def test_other_calls_leave_an_exchange_without_messages(stage: Stage, key: str) -> None:
    headers = {"authorization": f"Bearer {key}", "user-agent": "test/2"}
    response = await stage.http.get("/v1/models?limit=3", headers=headers)
    record = await stage.recorded(response)
    row = record.exchange
    assert (row.method, row.path, row.dialect, row.status, row.ending) == ("GET", "/models", "", 200, "complete")
    assert (row.user_agent, row.upstream_id) == ("test/2", response.headers["x-request-id"])
    assert (row.session, record.messages) == (b"", ())


async def test_what_shall_not_be_recorded_is_not(stage: Stage, key: str) -> None:
    async with stage.reading() as store:
        before = await store.totals()
    for path, body in ((CHAT, ASKED), ("/v1/echo", b"x"), (CHAT, b"no JSON")):
        response = await stage.post(path, key, body, {"x-session-record": "off"})
        assert not [name for name in response.headers if name in ("x-exchange-id", "x-session-id")]
    assert stage.heard.header(b"x-session-record") == ""
    async with stage.reading() as store:
        assert (await store.totals()).exchanges == before.exchanges


# What is refused


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-session-id", "x" * 257),
        ("x-session-title", "a\x7fb"),
        ("x-session-record", "maybe"),
        ("x-session-meta-run", "é" * 129),
    ],
)
async def test_a_malformed_header_of_our_own_is_a_400(stage: Stage, key: str, name: str, value: str) -> None:
    head = f"GET /v1/models HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{name}: {value}\r\n\r\n"
    reply = await stage.told(head.encode())
    assert reply.startswith(b"HTTP/1.1 400")
    if b"\x7f" not in value.encode():
        assert json.loads(reply.partition(b"\r\n\r\n")[2])["error"]["param"] == name
    assert stage.journal.counts["started"] == 0


async def test_a_malformed_header_of_another_clients_is_passed_over(stage: Stage, key: str) -> None:
    response = await stage.chat(key, "Hi", headers={"helicone-session-id": "x" * 300})
    assert response.headers["x-session-match"] == "new"
    assert stage.heard.header(b"helicone-session-id") == "x" * 300


@pytest.mark.parametrize("coding", ["", "gzip", "zstd"])
async def test_a_body_too_large_to_be_read_is_a_413(key: str, coding: str) -> None:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": " " * 5_000_000}]}).encode()
    packed = {"": body, "gzip": gzip.compress(body), "zstd": zstandard.compress(body)}[coding]
    async with staged(server__max_body_bytes=1_000_000) as stage:
        response = await stage.post(CHAT, key, packed, {"content-encoding": coding})
        passed = await stage.http.post("/v1/echo", content=body)
        assert (response.status_code, response.json()["error"]["code"]) == (413, "body_too_large")
        assert "max_body_bytes" in response.json()["error"]["message"]
        assert passed.json()["body_bytes"] == len(body)
        assert stage.journal.counts["requests"] == 1


async def test_a_caller_without_a_key_is_refused_where_one_is_needed(key: str) -> None:
    async with staged(access__keys=[key]) as stage:
        assert (await stage.http.get("/v1/models")).status_code == 401
        assert (await stage.chat("sk-other", "Hi")).json()["error"]["code"] == "invalid_api_key"
        assert (await stage.chat(key, "Hi")).status_code == 200
