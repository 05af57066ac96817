"""A recorded session, asked again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from proxy.providers import Provider
from proxy.replay.rerun import Rerunner, asking, turns
from proxy.upstream import Upstream
from tests.played import played


@asynccontextmanager
async def connected() -> AsyncIterator[Upstream]:
    upstream = Upstream(connect_seconds=5, idle_seconds=30, max_connections=10)
    try:
        yield upstream
    finally:
        await upstream.close()


def test_a_request_is_asked_of_another_model_in_one_piece() -> None:
    body = {"model": "a", "messages": [], "stream": True, "stream_options": {}, "temperature": 1}
    assert asking(body, "b") == {"model": "b", "messages": [], "temperature": 1}


async def test_each_turn_is_asked_again_and_what_fails_is_told() -> None:
    async with connected() as upstream, played() as play, play.stage.reading() as store:
        row = await store.session(play.tools)
        assert row is not None
        recorded = await turns(store, await store.messages(row.id), await store.exchanges(row.id))
        there = Rerunner(upstream, Provider("there", f"{play.stage.upstream_url}/v1"), "gpt-4o", lambda: 0)
        nowhere = Rerunner(upstream, Provider("nowhere", "http://127.0.0.1:1/v1"), "gpt-4o", lambda: 0)
        wrong = Rerunner(upstream, Provider("wrong", f"{play.stage.upstream_url}/nothing"), "gpt-4o", lambda: 0)
        answered = [one async for one in there.run(recorded)]
        failed = [one async for one in nowhere.run(recorded)] + [one async for one in wrong.run(recorded)]
    assert [turn.question for turn in recorded] == ["What is the weather in Lisbon?", '{"error": "no such place"}']
    assert [bool(one.answer) for one in answered] == [True, True]
    assert answered[0].answer is not None
    assert answered[0].answer.tool_calls[0].name == "get_weather"
    assert all(one.error and one.answer is None for one in failed)
