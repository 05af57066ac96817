"""A recorded session as a base URL: the recorded bytes, or the same said again; and what is not on the record."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import openai
import pytest
import pytest_asyncio

from tests.e2e.stages import Stage, staged
from tests.played import KEY, Played, answer_of, played

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def play() -> AsyncIterator[Played]:
    async with played() as play:
        yield play


async def asked(stage: Stage, session: str, body: bytes | dict[str, Any], **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await stage.post(f"/replay/{session}/v1/chat/completions", "sk-any", content, headers)


async def bodies(stage: Stage, session: str) -> Sequence[tuple[bytes, bytes | None]]:
    """What was sent and answered in a session."""
    async with stage.reading() as store:
        row = await store.session(session)
        assert row is not None
        found = [(await store.sent(one.id), await store.reply(one.id)) for one in await store.exchanges(row.id)]
    return [(sent, reply) for sent, reply in found if sent is not None]


async def test_recorded_requests_get_the_recorded_bytes(play: Played) -> None:
    for session in (play.talk, play.tools):
        for sent, reply in await bodies(play.stage, session):
            response = await asked(play.stage, session, sent)
            assert (response.status_code, response.content) == (200, reply)
            assert response.headers["x-replay"] == "recorded"


async def test_a_request_written_in_another_way_is_known_by_its_history(play: Played) -> None:
    sent, reply = (await bodies(play.stage, play.talk))[1]
    body = json.loads(sent)
    del body["temperature"]
    body["messages"] = [
        {"content": [{"type": "text", "text": one["content"]}], "role": one["role"]} for one in body["messages"]
    ]
    response = await asked(play.stage, play.talk, body)
    assert response.content == reply


async def test_an_error_is_replayed_with_its_status(play: Played) -> None:
    (_, first), (sent, error) = await bodies(play.stage, "several")
    response = await asked(play.stage, "several", sent)
    assert (response.status_code, response.content) == (429, error)
    assert len(json.loads(first or b"")["choices"]) == 2


async def test_a_stream_whose_frames_were_not_kept_says_the_same_again(play: Played) -> None:
    client = openai.AsyncOpenAI(
        base_url=f"{play.stage.base_url}/replay/{play.streamed}/v1", api_key="none", max_retries=0
    )
    async with client:
        stream = await client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": "Tell me more."}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
        whole = await client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Tell me more."}]
        )
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said == whole.choices[0].message.content
    assert len(chunks) > 3
    assert chunks[-1].usage is not None
    async with play.stage.reading() as store:
        row = await store.session(play.streamed)
        assert row is not None
        assert said in [message.text for message in await store.messages(row.id)]


async def test_tool_calls_come_back_in_a_stream(play: Played) -> None:
    sent, reply = (await bodies(play.stage, play.tools))[0]
    client = openai.AsyncOpenAI(base_url=f"{play.stage.base_url}/replay/{play.tools}/v1", api_key="none", max_retries=0)
    async with client, client.chat.completions.stream(**{**json.loads(sent), "model": "gpt-4o-mini"}) as stream:
        final = await stream.get_final_completion()
    recorded = json.loads(reply or b"")["choices"][0]
    (call,) = final.choices[0].message.tool_calls or []
    (expected,) = recorded["message"]["tool_calls"]
    assert (call.id, call.function.name, call.function.arguments) == (
        expected["id"],
        expected["function"]["name"],
        expected["function"]["arguments"],
    )
    assert final.choices[0].finish_reason == recorded["finish_reason"]


async def test_equal_requests_get_the_answers_in_their_order_and_then_from_the_first_again() -> None:
    async with staged() as stage:
        named = {"x-session-id": "twice"}
        first = await stage.chat(KEY, "Count. [[random]]", headers=named)
        other = await stage.chat(KEY, "Count. [[random]]", temperature=1, headers=named)
        other = await stage.chat(KEY, "Count. [[random]]", headers=named)
        recorded = [first.content, other.content]
        sent = (await bodies(stage, "twice"))[0][0]
        replayed = [(await asked(stage, "twice", sent)).content for _ in range(4)]
    assert replayed == recorded * 2


async def test_frames_that_were_kept_are_given_again() -> None:
    async with staged(recording__raw="all") as stage:
        response = await stage.chat(KEY, "Tell me more.", stream=True)
        session = response.headers["x-session-id"]
        for pace in ("", "original"):
            body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Tell me more."}], "stream": True}
            replayed = await asked(stage, session, body, **{"x-replay-pace": pace})
            assert replayed.content == response.content
            assert replayed.headers["content-type"].startswith("text/event-stream")


async def test_a_request_that_is_not_on_the_record_is_told_where_it_differs(play: Played) -> None:
    body = json.loads((await bodies(play.stage, play.talk))[2][0])
    body["messages"][3]["content"] = "What for?"
    response = await asked(play.stage, play.talk, body)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (404, "not_on_record")
    assert (
        "Message 3 is the first that differs: user 'What for?' in the request, user 'Why?' on the record."
        in error["message"]
    )


async def test_what_asks_no_model_is_not_on_the_record(play: Played) -> None:
    models = await play.stage.http.get(f"/replay/{play.talk}/v1/models")
    assert models.json()["error"]["code"] == "not_on_record"
    nothing = await asked(play.stage, play.talk, b"no JSON")
    assert nothing.json()["error"]["code"] == "not_on_record"
    unknown = await asked(play.stage, "nobody", b"{}")
    assert unknown.json()["error"]["code"] == "not_found"


async def test_a_replay_is_not_recorded(play: Played) -> None:
    async with play.stage.reading() as store:
        before = (await store.totals()).exchanges
        await asked(play.stage, play.talk, (await bodies(play.stage, play.talk))[0][0])
        assert (await store.totals()).exchanges == before


async def test_what_was_recorded_since_is_replayed_too() -> None:
    async with staged() as stage:
        named = {"x-session-id": "growing"}
        first = await stage.chat(KEY, "One.", headers=named)
        await asked(stage, "growing", (await bodies(stage, "growing"))[0][0])
        second = await stage.chat(KEY, "One.", answer_of(first), "Two.", headers=named)
        replayed = await asked(stage, "growing", (await bodies(stage, "growing"))[1][0])
    assert replayed.content == second.content


async def test_a_body_that_is_too_long_is_not_looked_for() -> None:
    async with staged(server__max_body_bytes=1000) as stage:
        first = await stage.chat(KEY, "Hi.")
        response = await asked(stage, first.headers["x-session-id"], b"x" * 2000)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "body_too_large")
