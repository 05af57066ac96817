"""Upstreams that fail, and the choice among them."""

import asyncio
import socket
from typing import Any

import pytest

from tests.e2e.stages import CHAT, RAW_CHAT, Stage, staged
from tests.e2e.upstreams import ASKED, raw_reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/chat/completions"


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def error_of(response: Any) -> dict[str, Any]:
    """An error in OpenAI's shape, and nothing else."""
    told: dict[str, Any] = response.json()
    assert set(told) == {"error"}
    assert set(told["error"]) == {"message", "type", "param", "code"}
    return told["error"]  # type: ignore[no-any-return]


async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Leave without a word."""
    writer.close()


async def test_an_upstream_that_is_not_there_is_a_502_that_says_what_to_check(key: str) -> None:
    async with staged(upstream__base_url=f"http://127.0.0.1:{closed_port()}/v1") as stage:
        response = await stage.chat(key, "Hi")
        passed = await stage.http.get("/v1/models")
        record = await stage.recorded(response)
        models = await stage.recorded(passed)
    error = error_of(response)
    assert response.status_code == passed.status_code == 502
    assert (error["type"], error["code"], error["param"]) == ("upstream_error", "upstream_unreachable", "default")
    assert "base_url" in error["message"]
    assert (record.exchange.ending, record.exchange.status) == ("upstream_error", 502)
    assert (record.exchange.error_code, record.exchange.error_message) == ("upstream_unreachable", error["message"])
    assert record.said == [("user", "Hi")]
    assert models.exchange.ending == "upstream_error"


async def test_a_request_that_may_have_arrived_is_not_repeated(stage: Stage, key: str) -> None:
    stage.raw.scripts[PATH] = closing
    before = stage.raw.requests[PATH]
    response = await stage.post(RAW_CHAT, key, ASKED)
    assert response.status_code == 502
    assert error_of(response)["code"] == "upstream_closed"
    assert stage.raw.requests[PATH] == before + 1
    record = await stage.recorded(response)
    assert (record.exchange.ending, record.exchange.error_code) == ("upstream_error", "upstream_closed")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_nor_is_one_on_a_connection_that_was_used_before(stage: Stage, key: str, method: str) -> None:
    path = f"/once/{method}"
    stage.raw.says(path, raw_reply(b"first"))
    body = b"x" if method in {"PUT", "POST"} else b""
    first = await stage.http.request(method, f"/raw/v1{path}", content=body)
    stage.raw.scripts[path] = closing
    second = await stage.http.request(method, f"/raw/v1{path}", content=body)
    assert (first.status_code, second.status_code) == (200, 502)
    assert stage.raw.requests[path] == 2


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "upstream_invalid"),
        (b"HTTP/1.1 OK fine\r\n\r\n", "upstream_invalid"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "upstream_invalid"),
        (b"HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n", "upstream_invalid"),
        (b"HTTP/1.1 200 OK\r\ncontent-le", "upstream_closed"),
        (b"", "upstream_closed"),
    ],
)
async def test_what_is_no_reply_is_a_502(stage: Stage, key: str, said: bytes, code: str) -> None:
    stage.raw.says(PATH, said, closes=True)
    response = await stage.post(RAW_CHAT, key, ASKED)
    assert response.status_code == 502
    error = error_of(response)
    assert (error["code"], error["param"]) == (code, "raw")
    assert (await stage.recorded(response)).exchange.error_code == code


async def test_an_upstream_that_does_not_answer_is_a_504(key: str) -> None:
    async with staged(upstream__idle_seconds=1) as stage:
        response = await stage.chat(key, "Hi", wish="silent")
        await stage.journal.reached("left", 1)
        record = await stage.recorded(response)
        passed = await stage.http.post("/v1/echo", content=b"x" * 1_000_000)
        silent = await stage.http.post("/v1/echo", content=b"x", headers={"x-standin": "silent"})
    error = error_of(response)
    assert response.status_code == 504
    assert (error["code"], error["param"]) == ("upstream_timeout", "default")
    assert "idle_seconds" in error["message"]
    assert (record.exchange.ending, record.exchange.status) == ("upstream_error", 504)
    assert record.exchange.error_code == "upstream_timeout"
    assert (passed.status_code, silent.status_code) == (200, 504)


async def test_a_stream_may_pause_for_longer_than_an_answer_may_take(key: str) -> None:
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Count to 9"}]}
    headers = {"x-standin": "pause=2"}
    async with (
        staged(upstream__idle_seconds=1) as stage,
        stage.http.stream("POST", CHAT, json=body, headers=headers) as response,
    ):
        chunks = response.aiter_raw()
        came = await anext(chunks)
        waited = await stage.chat(key, "Hi", wish="silent")
        stage.standin.gate.release()
        came += b"".join([chunk async for chunk in chunks])
    assert waited.status_code == 504
    assert came.endswith(b"[DONE]\n\n")


async def test_a_provider_is_chosen_by_path_by_model_and_by_default(key: str) -> None:
    flags = {
        "providers.other.base_url": "",
        "providers.other.models": "other-*",
        "providers.keyed.api_key": "sk-configured",
        "providers.keyed.headers": {"X-Org": "ours", "x-team": "t"},
    }
    async with staged() as first:
        flags["providers.other.base_url"] = flags["providers.keyed.base_url"] = f"{first.upstream_url}/v1"
        async with staged(**flags) as stage:
            by_default = await stage.chat(key, "Hi")
            by_model = await stage.chat(key, "Hi", model="other-1")
            by_path = await stage.post(f"/keyed{CHAT}", key, ASKED, {"x-org": "theirs"})
            heard = first.heard
            named = await stage.post(f"/keyed/s/a%20name{CHAT}", key, ASKED)
            rows = [await stage.recorded(one) for one in (by_default, by_model, by_path, named)]
            async with stage.reading() as store:
                session = await store.session("a name")
    assert [row.exchange.provider for row in rows] == ["default", "other", "keyed", "keyed"]
    assert heard.header(b"authorization") == "Bearer sk-configured"
    assert (heard.header(b"x-org"), heard.header(b"x-team")) == ("ours", "t")
    assert session is not None
    assert (named.headers["x-session-match"], session.id) == ("header", rows[3].exchange.session)


async def test_a_configured_key_replaces_every_key_of_the_caller(key: str) -> None:
    async with staged(providers__raw__api_key="sk-ours", providers__raw__default=True) as stage:
        stage.raw.says("/models", raw_reply(b"{}"))
        await stage.http.get("/v1/models", headers={"api-key": key, "x-api-key": key, "authorization": f"Bearer {key}"})
        head = stage.raw.heads["/models"][-1]
    assert key.encode() not in head
    assert head.lower().count(b"api-key") == 0
    assert b"authorization: Bearer sk-ours\r\n" in head


async def test_an_unknown_provider_is_a_404_that_lists_the_known(stage: Stage, key: str) -> None:
    response = await stage.post(f"/nowhere{CHAT}", key, ASKED)
    error = error_of(response)
    assert (response.status_code, error["code"]) == (404, "unknown_provider")
    assert "raw" in error["message"]
    assert "x-exchange-id" not in response.headers


async def test_a_large_body_goes_out_whole(stage: Stage, key: str) -> None:
    text = "long " * 600_000
    response = await stage.chat(key, text)
    assert response.status_code == 200
    assert stage.heard.size > 3_000_000
    assert (await stage.recorded(response)).said[0] == ("user", text)
