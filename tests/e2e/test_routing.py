"""Bad upstreams behind the proxy: what its client gets, and what is recorded of the way there."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from proxy.attempts import Backoff
from tests.e2e.stages import AT_ONCE, CHAT, RAW_CHAT, Recorded, Stage, staged
from tests.e2e.test_upstreams import closed_port
from tests.e2e.upstreams import raw_reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/chat/completions"
HOUR = Backoff(first=3600.0, longest=3600.0)
BODY = b'{"messages": [{"role":"user","content":"\\"model\\": \\"gpt-4o\\"","model":"gpt-4o"}], "model" : "gpt-4o"}'
BUSY = raw_reply(b'{"error":{"message":"busy"}}', status=b"503 Busy")


def answer(model: str = "llama3.1:70b", prompt: int = 1000) -> bytes:
    """A plain reply."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}
    usage = {"prompt_tokens": prompt, "completion_tokens": 10, "total_tokens": prompt + 10}
    value = {"id": "c", "object": "chat.completion", "model": model, "choices": [choice], "usage": usage}
    return raw_reply(json.dumps(value).encode(), b"content-type: application/json")


@asynccontextmanager
async def fallen_back(backoff: Backoff = AT_ONCE, /, **flags: object) -> AsyncIterator[Stage]:
    """A proxy whose provider ``raw`` falls back on the stand-in."""
    chosen = {"providers__raw__default": True, "providers__raw__fallback": ["default"], **flags}
    async with staged(backoff, **chosen) as stage:
        yield stage


def tried(record: Recorded) -> list[tuple[str, int, str]]:
    """Who was asked, and what came of it."""
    return [(one.provider, one.status, one.error) for one in record.attempts]


async def ended(stage: Stage) -> bytes:
    """The only exchange, once it has ended."""
    while True:
        async with stage.reading() as store:
            for row in await store.exchanges():
                if row.ended_at:
                    return row.id


async def test_a_retry_is_one_exchange_with_its_messages_and_its_cost_once(key: str) -> None:
    flags = {"prices": {"llama3.1:70b": {"input": 1.0, "output": 0.0}}, "upstream__retries": 2}
    async with staged(**flags) as stage:
        slow = raw_reply(b"{}", b"retry-after-ms: 1", status=b"429 Slow")
        stage.raw.answers(PATH, slow, BUSY, answer())
        response = await stage.post(RAW_CHAT, key, BODY)
        record = await stage.recorded(response)
        async with stage.reading() as store:
            (session,) = await store.sessions()
            exchanges = await store.exchanges()
    assert (response.status_code, len(exchanges)) == (200, 1)
    assert tried(record) == [("raw", 429, ""), ("raw", 503, ""), ("raw", 200, "")]
    assert record.said == [("user", '"model": "gpt-4o"'), ("assistant", "Yes.")]
    assert (session.exchanges, session.messages, session.errors) == (1, 2, 0)
    assert session.cost == record.exchange.cost == 1_000_000
    assert (record.exchange.ending, record.exchange.error_message, record.exchange.attempts) == ("complete", "", 3)


async def test_an_exchange_whose_first_attempt_did_well_has_no_attempts(stage: Stage, key: str) -> None:
    record = await stage.recorded(await stage.chat(key, "Hi"))
    assert (record.attempts, record.exchange.attempts, record.exchange.sent_model) == ([], 0, "")


async def test_a_single_attempt_that_failed_is_recorded_with_its_exchange(key: str) -> None:
    async with staged() as stage:
        stage.raw.answers(PATH, BUSY)
        response = await stage.post(RAW_CHAT, key, BODY)
        record = await stage.recorded(response)
    assert (response.status_code, response.content) == (503, b'{"error":{"message":"busy"}}')
    assert tried(record) == [("raw", 503, "")]
    assert (record.exchange.ending, record.exchange.error_message) == ("upstream_error", "busy")


async def test_the_exchange_belongs_to_the_provider_that_answered(key: str) -> None:
    async with fallen_back() as stage:
        stage.raw.answers(PATH, BUSY)
        response = await stage.post(CHAT, key, BODY)
        record = await stage.recorded(response)
        async with stage.reading() as store:
            totals = await store.totals()
        heard = stage.heard
    assert response.status_code == 200
    assert (record.exchange.provider, tried(record)) == ("default", [("raw", 503, ""), ("default", 200, "")])
    assert [model.provider for model in totals.models] == ["default"]
    assert heard.header(b"authorization") == ""
    assert record.sent == BODY


async def test_a_stream_is_taken_to_another_provider_before_its_first_byte(key: str) -> None:
    async with fallen_back(providers__raw__base_url=f"http://127.0.0.1:{closed_port()}") as stage:
        response = await stage.chat(key, "Count to 3", stream=True)
        record = await stage.recorded(response)
    assert response.content.endswith(b"data: [DONE]\n\n")
    unreachable = ("raw", 0, "upstream_unreachable")
    assert tried(record) == [unreachable, unreachable, ("default", 200, "")]


async def test_a_stream_that_breaks_off_is_not_begun_again(key: str) -> None:
    async with fallen_back(upstream__retries=3) as stage:
        frame = b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"He"}}]}\n\n'
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n"
        stage.raw.says(PATH, head + frame, closes=True)
        told = await stage.told(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer %s\r\nconnection: close\r\n"
            b"content-length: %d\r\n\r\n%s" % (key.encode(), len(BODY), BODY)
        )
        record = await stage.looked_up(await ended(stage))
        assert (stage.raw.requests[PATH], told.count(b"data: ")) == (1, 1)
    assert (record.exchange.ending, record.attempts) == ("upstream_cut", [])
    assert record.said[-1] == ("assistant", "He")


@pytest.mark.parametrize("retry_after", [b"retry-after: 30", b"x-none: 0"])
async def test_a_client_that_leaves_in_a_wait_ends_it_all(key: str, retry_after: bytes) -> None:
    async with fallen_back(HOUR, upstream__retries=3) as stage:
        stage.raw.answers(PATH, raw_reply(b"{}", retry_after, status=b"429 Slow"))
        async with stage.socket() as (_, writer):
            writer.write(
                b"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer %s\r\n"
                b"content-length: %d\r\n\r\n%s" % (key.encode(), len(BODY), BODY)
            )
            await stage.raw.came.wait()
        record = await stage.looked_up(await ended(stage))
        assert (stage.raw.requests[PATH], len(stage.journal.entries)) == (1, 0)
    assert (record.exchange.ending, tried(record)) == ("client_gone", [("raw", 429, "")])
    assert record.said == [("user", '"model": "gpt-4o"')]


async def test_a_mapped_model_is_asked_for_and_the_answering_one_is_paid(key: str) -> None:
    flags = {
        "providers__raw__model_map": {"gpt-4o": "llama3.1:70b"},
        "prices": {"llama3.1:70b": {"input": 2.0, "output": 0.0}, "gpt-4o": {"input": 9.0, "output": 9.0}},
    }
    async with staged(**flags) as stage:
        stage.raw.answers(PATH, answer(), answer(model=""))
        records = [await stage.recorded(await stage.post(RAW_CHAT, key, BODY)) for _ in range(2)]
        heard = stage.raw.bodies[PATH]
        head = stage.raw.heads[PATH][0]
    assert heard == BODY[::-1].replace(b"gpt-4o"[::-1], b"llama3.1:70b"[::-1], 1)[::-1]
    assert b"content-length: %d\r\n" % len(heard) in head
    for record in records:
        exchange = record.exchange
        assert (exchange.model, exchange.sent_model, exchange.answered_by) == ("gpt-4o", "llama3.1:70b", "llama3.1:70b")
        assert (exchange.cost, record.sent) == (2_000_000, BODY)


async def test_what_a_provider_gets_of_usage_does_not_go_to_the_next(key: str) -> None:
    async with fallen_back(providers__raw__ask_usage=True) as stage:
        stage.raw.answers(PATH, BUSY)
        response = await stage.chat(key, "Count to 3", stream=True)
        asked, heard = stage.raw.bodies[PATH], stage.heard
    assert b"include_usage" in asked
    assert b"stream_options" not in heard.kept
    assert b'"usage"' not in response.content


async def test_a_breaker_that_opened_is_told_to_probes(key: str) -> None:
    async with fallen_back(upstream__retries=4) as stage:
        stage.raw.answers(PATH, *[BUSY] * 5)
        await stage.post(CHAT, key, BODY)
        ready = await stage.http.get("/readyz")
        response = await stage.post(CHAT, key, BODY)
        record = await stage.recorded(response)
    assert ready.status_code == 200
    assert ready.json()["upstreams"] == {
        "default": {"state": "closed", "failures": 0},
        "raw": {"state": "open", "failures": 5},
    }
    assert tried(record) == [("raw", 0, "breaker_open"), ("default", 200, "")]
