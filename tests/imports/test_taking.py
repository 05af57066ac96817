"""Files taken into a store; and what continues what came with them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from proxy.identity import owner_of
from proxy.imports.files import Kind
from proxy.imports.taking import Taken, Taker
from storage.opening import open_store
from storage.ports import Store
from tests.e2e.stages import staged
from tests.played import writable
from tests.storage.llmlogs.test_responses import SCHEMA, logs

TALK = [{"role": "user", "content": "What do whales sing?"}, {"role": "assistant", "content": "Long songs."}]


@pytest_asyncio.fixture
async def store() -> AsyncIterator[Store]:
    store = await open_store("sqlite://:memory:")
    yield store
    await store.close()


async def taken(store: Store, path: Path, owner: bytes = b"o" * 16) -> Taken:
    return [state async for state in Taker(store, owner, lambda raw, _: len(raw), 1_000).take(path)][-1]


def file(folder: Path, *lines: object) -> Path:
    path = folder / "file.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


async def test_lists_are_sessions_and_equal_ones_too(store: Store, tmp_path: Path) -> None:
    path = file(tmp_path, TALK, {"messages": TALK}, "broken", {"no": "list"}, [{"x": 1}])
    for _ in range(2):
        found = await taken(store, path)
        assert (found.kind, found.conversations) == (Kind.LISTS, 2)
        assert [fault.line for fault in found.faults] == [3, 4, 5]
        assert (await store.totals()).sessions == 2


async def test_one_message_a_line_and_one_value_are_a_session(store: Store, tmp_path: Path) -> None:
    found = await taken(store, file(tmp_path, *TALK, "broken"))
    assert (found.kind, found.conversations, len(found.faults)) == (Kind.MESSAGES, 1, 1)
    whole = await taken(store, file(tmp_path, json.dumps({"messages": TALK}, indent=1)))
    assert (whole.kind, whole.conversations) == (Kind.WHOLE, 1)


async def test_a_log_is_a_session_for_each_of_its_own(store: Store, tmp_path: Path) -> None:
    entries = [
        {"type": "message", "role": role, "content": "x", "session_id": name}
        for name in "ab"
        for role in ("user", "ai")
    ]
    found = await taken(store, file(tmp_path, *entries, {"type": "strange"}))
    assert (found.conversations, [fault.line for fault in found.faults]) == (2, [5])
    assert sorted(str(row.name) for row in await store.sessions()) == ["a", "b"]


async def test_the_logs_of_llm_are_taken_in(store: Store, tmp_path: Path) -> None:
    found = await taken(store, logs(tmp_path / "logs.db", SCHEMA))
    (row,) = await store.sessions()
    assert (found.kind, row.name, row.title, row.messages, row.tool_calls) == (Kind.LLM, "c1", "Pelicans", 4, 1)
    assert row.completion_tokens == 7


async def test_many_conversations_are_taken_batch_by_batch(store: Store, tmp_path: Path) -> None:
    path = file(tmp_path, *([{"role": "user", "content": str(at)}, TALK[1]] for at in range(600)))
    states = [state.done async for state in Taker(store, b"o" * 16, lambda raw, _: 1, 0).take(path)]
    assert len(states) == 3
    assert (await store.totals()).sessions == 600


@pytest.mark.parametrize("stops", [1, 2])
async def test_an_interrupted_import_goes_on_where_it_stopped(store: Store, tmp_path: Path, stops: int) -> None:
    path = file(tmp_path, *([{"role": "user", "content": str(at)}, TALK[1]] for at in range(600)))
    async for _ in Taker(store, b"o" * 16, lambda raw, _: 1, 0).take(path):
        stops -= 1
        if not stops:
            break
    assert 0 < (await store.totals()).sessions < 600
    await taken(store, path)
    assert (await store.totals()).sessions == 600


async def test_a_client_continues_the_session_that_was_imported(tmp_path: Path) -> None:
    async with staged() as stage:
        async with writable(stage.store_url) as store:
            owner = owner_of(((b"authorization", b"Bearer sk-1"),), await store.secret(), "key")
            await taken(store, file(tmp_path, TALK), owner)
            (row,) = await store.sessions()
        response = await stage.chat("sk-1", *TALK, "Why?")
        recorded = await stage.recorded(response)
    assert response.headers["x-session-match"] == "history"
    assert recorded.exchange.session == row.id
    assert [text for _, text in recorded.said][:3] == ["What do whales sing?", "Long songs.", "Why?"]
