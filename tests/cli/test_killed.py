"""Imports whose process is killed: run again, they come to what they would have come to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from storage.opening import open_store
from storage.ports import Store, StoreError
from tests.cli.commands import started, steno

CONVERSATIONS = 2000


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """Many conversations, one a line."""
    path = tmp_path / "lists.jsonl"
    with path.open("w") as file:
        for number in range(CONVERSATIONS):
            asked = {"role": "user", "content": f"What is {number} and what else is there to say of it?"}
            file.write(json.dumps([asked, {"role": "assistant", "content": f"A number, {number}."}]) + "\n")
    return path


@pytest_asyncio.fixture
async def whole(lists: Path, tmp_path: Path) -> AsyncIterator[Store]:
    """What they come to where nobody interrupts."""
    url = f"sqlite:///{tmp_path / 'whole.db'}"
    assert (await steno("import", str(lists), "--store", url)).code == 0
    store = await open_store(url, readonly=True)
    yield store
    await store.close()


async def messages_in(url: str) -> int:
    """How many are there so far."""
    with suppress(StoreError):
        store = await open_store(url, readonly=True)
        try:
            return (await store.totals()).messages
        finally:
            await store.close()
    return 0


async def killed(file: Path, url: str) -> int:
    """Import a file into a new store, and kill that once it has begun to write; how many messages it had come to."""
    async with started("import", str(file), "--store", url) as process:
        while process.returncode is None and not await messages_in(url):
            continue
        process.kill()
        await process.wait()
    return await messages_in(url)


async def texts(store: Store) -> list[list[str]]:
    sessions = await store.sessions(limit=2 * CONVERSATIONS)
    return sorted([[row.text for row in await store.messages(session.id)] for session in sessions])


async def test_an_import_that_was_killed_goes_on(whole: Store, lists: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'killed.db'}"
    assert 0 < await killed(lists, url) < 2 * CONVERSATIONS
    again = await steno("import", str(lists), "--store", url, "--json")
    assert (again.code, again.json["conversations"], again.json["faults"]) == (0, CONVERSATIONS, [])
    store = await open_store(url, readonly=True)
    try:
        assert await store.totals() == await whole.totals()
        assert await texts(store) == await texts(whole)
        assert (await store.word_counts(["number"]))[1] == (await whole.word_counts(["number"]))[1]
    finally:
        await store.close()


async def test_an_export_whose_import_was_killed_is_taken_in_whole(whole: Store, tmp_path: Path) -> None:
    file, url = tmp_path / "export.jsonl", f"sqlite:///{tmp_path / 'killed.db'}"
    exported = await steno("export", "--output", str(file), "--store", f"sqlite:///{tmp_path / 'whole.db'}")
    assert exported.code == 0, exported.err
    assert 0 < await killed(file, url) < 2 * CONVERSATIONS
    again = await steno("import", str(file), "--store", url)
    assert again.code == 0, again.out
    assert (await steno("export", "--store", url)).out.encode() == file.read_bytes()
    sizes = [(tmp_path / name).stat().st_size for name in ("killed.db", "whole.db")]
    assert sizes[0] < 1.2 * sizes[1]
