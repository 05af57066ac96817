"""A store that real clients filled, carried to another one: nothing is lost on the way, and nothing is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
import pytest_asyncio

from proxy.exports.writing import Format, exported
from proxy.imports.taking import Fault, Taker
from proxy.kept import plan_of
from proxy.verifying import verified
from storage.ports import Store
from storage.records import ClosingRecord, Planned, SegmentRecord
from storage.views import SessionRow
from tests.e2e.stages import Stage, staged
from tests.played import KEY, writable
from tests.storage.samples import closed, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMA: Any = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="
LONG: list[Any] = [
    {"role": role, "content": f"{word} of turn {turn} and some more words to fill it."}
    for turn in range(40)
    for role, word in (("user", "Question"), ("assistant", "Answer"))
]


async def chatted(client: openai.AsyncOpenAI) -> None:
    """A picture, a stream, and a conversation that outgrows its threshold twice."""
    picture: Any = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": PIXEL}}]
    await client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": picture}])
    stream = await client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Tell me more."}], stream=True, logprobs=True
    )
    async for _ in stream:
        pass
    for turns in (40, 80):
        listed = [*LONG[:turns], {"role": "user", "content": "And now?"}]
        await client.chat.completions.create(model="gpt-4o-mini", messages=listed)


async def responded(client: openai.AsyncOpenAI) -> None:
    """A tool called, and its result, after what the upstream holds."""
    tool: Any = {"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": False}
    first = await client.responses.create(model="gpt-4o-mini", input="How is the weather in Rome?", tools=[tool])
    results: Any = [
        {"type": "function_call_output", "call_id": item.call_id, "output": "sunny"}
        for item in first.output
        if item.type == "function_call"
    ]
    async with client.responses.stream(model="gpt-4o-mini", input=results, previous_response_id=first.id) as stream:
        await stream.until_done()


async def beside(client: openai.AsyncOpenAI) -> None:
    """What is no conversation, an error, and a request that took two attempts."""
    await client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Once")
    stream = await client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Twice", stream=True)
    async for _ in stream:
        pass
    await client.embeddings.create(model="text-embedding-3-small", input="whales")
    for wish in ("status=429", "status=503;times=1"):
        try:
            await client.chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": wish}], extra_headers={"x-standin": wish}
            )
        except openai.RateLimitError:
            continue


async def messaged(stage: Stage) -> None:
    async with (
        anthropic.AsyncAnthropic(base_url=stage.base_url, api_key=KEY, max_retries=0) as client,
        client.messages.stream(
            model="claude-opus-4-8",
            max_tokens=99,
            messages=[{"role": "user", "content": "How is the weather in Rome?"}],
            tools=[{"name": "get_weather", "input_schema": SCHEMA}],
            extra_headers={"x-standin": "reasoning"},
        ) as stream,
    ):
        await stream.get_final_message()


async def posted(stage: Stage) -> None:
    for entry in (
        {"type": "decision", "content": "Ask again", "rationale": "It was unclear.", "confidence": 0.5},
        {"type": "error", "content": "It broke", "context": {"at": 1}},
        {"type": "tool_call", "name": "look", "arguments": {"at": "it"}, "result": "seen"},
    ):
        headers = {"authorization": f"Bearer {KEY}"}
        response = await stage.http.post("/api/sessions/carried/events", json=entry, headers=headers)
        assert response.status_code < 300, response.text


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    flags = {"context__mode": "on", "context__token_threshold": 300, "upstream__retries": 1}
    async with staged(**flags) as stage:
        client = openai.AsyncOpenAI(
            base_url=f"{stage.base_url}/v1",
            api_key=KEY,
            max_retries=0,
            default_headers={"x-session-id": "carried", "x-session-title": "Carried"},
        )
        async with client:
            for play in (chatted, responded, beside):
                await play(client)
        await messaged(stage)
        await posted(stage)
        await stage.latest()
        yield stage


async def written(store: Store, session: SessionRow | None = None) -> bytes:
    return b"".join([piece async for piece in exported(store, Format.JSONL, session)])


async def faults(copy: Store, file: Path) -> list[Fault]:
    """What was left out of a file."""
    taker = Taker(copy, b"o" * 16, lambda raw, _: len(raw), 0)
    return [state.faults async for state in taker.take(file)][-1]


async def carried(stage: Stage, folder: Path, copy: Store) -> bytes:
    """The export of one store, which the other one has then taken in."""
    async with stage.reading() as source:
        whole = await written(source)
    file = folder / "export.jsonl"
    file.write_bytes(whole)
    assert await faults(copy, file) == []
    return whole


async def test_an_export_of_what_was_imported_is_equal(stage: Stage, tmp_path: Path) -> None:
    async with writable(f"sqlite:///{tmp_path}/copy.db") as copy:
        whole = await carried(stage, tmp_path, copy)
        assert await written(copy) == whole
    held = {line.partition(b'"type":"')[2].partition(b'"')[0] for line in whole.splitlines()}
    assert held >= {b"attempts", b"blobs", b"closings", b"planned", b"posted", b"segments", b"tool_calls"}


async def test_what_was_imported_is_as_sound_as_it_was(stage: Stage, tmp_path: Path) -> None:
    async with stage.reading() as source, writable(f"sqlite:///{tmp_path}/copy.db") as copy:
        await carried(stage, tmp_path, copy)
        before, after = [[found async for found in verified(store)] for store in (source, copy)]
        assert [(one.exchange, one.request, one.forwarded, one.reply) for one in after] == [
            (one.exchange, one.request, one.forwarded, one.reply) for one in before
        ]
        assert all(one.sound for one in after)


async def test_what_stands_in_place_of_a_history_is_found_in_a_store_with_others(stage: Stage, tmp_path: Path) -> None:
    other = ClosingRecord(b"d", 300, b"closing", (SegmentRecord(b"h", b"d", b"", 0, 4, 0, 9, "", "", b"data"),))
    async with stage.reading() as source, writable(f"sqlite:///{tmp_path}/copy.db") as copy:
        await copy.write([opened(1), closed(1, planned=Planned(9, 4, b"plan", (), other))])
        await carried(stage, tmp_path, copy)
        session = await source.session("carried")
        assert session is not None
        assert await copy.segments(session.id) == await source.segments(session.id) != []
        plans = [await source.plan(row.exchange) for row in await source.compacted(session.id)]
        digests = {plan_of(plan).closing for plan in plans if plan is not None}
        closings = [await source.closing([digest], 300) for digest in digests]
        assert None not in closings
        assert closings
        assert [await copy.closing([digest], 300) for digest in digests] == closings


async def test_one_session_brings_its_segments(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    async with stage.reading() as source, writable(f"sqlite:///{tmp_path}/copy.db") as copy:
        session = await source.session("carried")
        assert session is not None
        file.write_bytes(await written(source, session))
        assert await faults(copy, file) == []
        assert await written(copy) == file.read_bytes()
        assert await copy.segments(session.id) == await source.segments(session.id)
