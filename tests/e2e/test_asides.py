"""Completions and embeddings through the proxy: kept with their exchange, in a session only where they name one."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import aiosqlite
import pytest

from storage.packing import unpack
from tests.e2e.stages import Stage
from tests.e2e.upstreams import raw_reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIRE = Path(__file__).parent.parent / "wire"
PROMPT = b'{"model": "gpt-3.5-turbo-instruct", "prompt": "Once upon", "n": 2, "seed": 123456789012345678901234567890}'
INPUT = b'{"model":"openai/text-embedding-3-small", "input": ["one", "two"]}'


async def test_a_completion_is_rebuilt_byte_for_byte(stage: Stage, key: str) -> None:
    reply = await stage.post("/v1/completions", key, PROMPT)
    recorded = await stage.recorded(reply)
    row = recorded.exchange
    assert (recorded.sent, recorded.reply) == (PROMPT, reply.content)
    assert (row.dialect, row.parsed, row.session, row.asked) == ("completions", True, b"", "Once upon")
    assert row.said == tuple(choice["text"] for choice in reply.json()["choices"])
    assert (row.usage_source, row.prompt_tokens) == ("reported", reply.json()["usage"]["prompt_tokens"])
    assert row.cost is not None
    assert "x-session-id" not in reply.headers


async def test_a_streamed_completion_is_kept_put_together(stage: Stage, key: str) -> None:
    wire = (WIRE / "completions_text.sse").read_bytes()
    stage.raw.says("/completions", raw_reply(wire, b"content-type: text/event-stream"))
    body = b'{"model":"m","prompt":["Hi"],"stream":true}'
    reply = await stage.post("/raw/v1/completions", key, body)
    recorded = await stage.recorded(reply)
    assert reply.content == wire
    assert (recorded.sent, recorded.reply) == (body, None)
    assert recorded.exchange.said == (" there was", " 😀é")
    assert (recorded.exchange.stream, recorded.exchange.ending) == (True, "complete")


async def test_usage_that_nobody_tells_is_estimated(stage: Stage, key: str) -> None:
    body = b'{"model":"m","prompt":[[1,2,3],[4]],"stream":true}'
    recorded = await stage.recorded(await stage.post("/v1/completions", key, body))
    assert (recorded.exchange.usage_source, recorded.exchange.prompt_tokens) == ("estimated", 4)
    assert recorded.exchange.completion_tokens


async def test_vectors_are_not_stored(stage: Stage, key: str) -> None:
    reply = await stage.post("/v1/embeddings", key, INPUT)
    recorded = await stage.recorded(reply)
    row = recorded.exchange
    assert len(reply.json()["data"]) == 2
    assert (recorded.sent, recorded.reply) == (INPUT, None)
    assert (row.dialect, row.usage_source, row.completion_tokens) == ("embeddings", "reported", 0)
    assert row.prompt_tokens == reply.json()["usage"]["prompt_tokens"]
    assert row.cost is not None
    async with aiosqlite.connect(stage.store_url.removeprefix("sqlite:///")) as store:
        (kept,) = await store.execute_fetchall("SELECT reply_residue FROM exchanges WHERE uid = ?", (row.id,))
    assert b"object" in unpack(kept[0])
    assert str(reply.json()["data"][0]["embedding"][0]).encode() not in unpack(kept[0])


async def test_an_error_instead_of_vectors_is_kept_whole(stage: Stage, key: str) -> None:
    body = b'{"error":{"message":"no such model","type":"invalid_request_error","code":"model_not_found"}}'
    stage.raw.says("/embeddings", raw_reply(body, status=b"404 Not Found"))
    recorded = await stage.recorded(await stage.post("/raw/v1/embeddings", key, INPUT))
    assert (recorded.reply, recorded.exchange.error_code) == (body, "model_not_found")


async def test_what_names_no_session_makes_none(stage: Stage, key: str) -> None:
    first = await stage.post("/v1/completions", key, PROMPT)
    again = await stage.post("/v1/completions", key, PROMPT)
    assert [(await stage.recorded(one)).exchange.session for one in (first, again)] == [b"", b""]


async def test_a_named_session_holds_them_beside_its_conversation(stage: Stage, key: str) -> None:
    named = {"x-session-id": f"rag-{uuid4()}"}
    embedded = await stage.recorded(await stage.post("/v1/embeddings", key, INPUT, named))
    asked = await stage.recorded(await stage.chat(key, "What do you find?", headers=named))
    completed = await stage.recorded(await stage.post("/v1/completions", key, PROMPT, named))
    assert embedded.exchange.session == asked.exchange.session == completed.exchange.session != b""
    assert [one.exchange.match for one in (embedded, asked, completed)] == ["header"] * 3
    assert completed.said == asked.said
    async with stage.reading() as store:
        session = await store.session(named["x-session-id"])
    assert session is not None
    assert (session.exchanges, session.model, session.messages) == (3, "gpt-4o-mini", 2)
