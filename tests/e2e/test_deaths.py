"""A process of its own before a full or a locked disk, and how it ends: by signals, by a kill, beside another one."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from bench.kills import rounds
from proxy.standin import create_standin
from proxy.standin.app import Standin
from tests.desks import assistant, user
from tests.e2e.stages import CHAT
from tests.processes import Serving, reading, said, serving
from tests.servers import running


@asynccontextmanager
async def upstream() -> AsyncIterator[tuple[str, Standin]]:
    app = create_standin()
    async with running(app) as url:
        yield url, app.state.standin


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where the process has its store."""
    return tmp_path / "store" / "steno.db"


async def converse(proxy: Serving, turns: int) -> list[str]:
    """A conversation; its texts."""
    talk: list[dict[str, str]] = []
    for number in range(turns):
        talk.append(user(f"{number} of {turns}?"))
        reply = await proxy.chat(talk)
        assert reply.status_code == 200
        talk.append(assistant(reply.json()["choices"][0]["message"]["content"]))
    return [message["content"] for message in talk]


async def test_a_store_that_is_locked_holds_nobody_up(store: Path) -> None:
    async with upstream() as (url, _), serving(store, url, recording__commit_seconds=0.05) as proxy:
        other = sqlite3.connect(store, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        texts = await converse(proxy, 4)
        assert await said(store) == []
        other.rollback()
        other.close()
        assert await proxy.ended() == 0
        assert await said(store) == [texts]


async def test_a_store_that_was_deleted_takes_nothing_with_it_that_came_later(store: Path) -> None:
    async with upstream() as (url, _):
        async with serving(store, url) as proxy:
            talk = [user("Before?")]
            talk.append(assistant((await proxy.chat(talk)).json()["choices"][0]["message"]["content"]))
            for file in store.parent.glob("steno.db*"):
                file.unlink()
            first = await converse(proxy, 2)
            async with proxy.client() as http:
                ready = await http.get("/readyz")
            assert (ready.status_code, "deleted" in ready.json()["reason"]) == (503, True)
            second = [*talk, user("After?")]
            second.append(assistant((await proxy.chat(second)).json()["choices"][0]["message"]["content"]))
            assert await proxy.ended() == 0
        async with serving(store, url):
            assert sorted(await said(store)) == sorted([first, [message["content"] for message in second]])


@contextmanager
def small_disk(path: Path) -> Iterator[Path]:
    """A file system of four megabytes; its ballast is the file in it."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(path)]
    mounted = subprocess.run(command, check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a file system")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def filled(disk: Path) -> Path:
    """Fill what is left of a disk; the file to remove."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return ballast


async def test_a_full_disk_loses_what_it_must_and_says_so(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        store = disk / "store" / "steno.db"
        async with upstream() as (url, _), serving(store, url) as proxy:
            before = await converse(proxy, 2)
            ballast = filled(disk)
            long = user("word " * 100_000)
            assert (await proxy.chat([long])).status_code == 200
            async with proxy.client() as http:
                full = await http.get("/readyz")
                assert full.status_code == 503
                assert full.json()["lost_exchanges"] == 1
                ballast.unlink()
                while (await http.get("/readyz")).status_code != 200:
                    pass
            after = await converse(proxy, 3)
            assert await proxy.ended() == 0
            async with reading(store) as opened:
                assert (await opened.totals()).lost == 1
            assert sorted(await said(store)) == sorted([before, after])


async def stream(proxy: Serving, wish: str, came: asyncio.Event) -> bytes:
    """Read a stream, and say when its first piece is there."""
    got = b""
    body = {"model": "gpt-4o-mini", "messages": [user("Stream?")], "stream": True}
    headers = {"authorization": "Bearer sk-2", "x-standin": wish}
    async with proxy.client() as http, http.stream("POST", CHAT, json=body, headers=headers) as reply:
        async for chunk in reply.aiter_raw():
            got += chunk
            came.set()
    return got


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_lets_running_streams_end(store: Path, number: signal.Signals) -> None:
    came = asyncio.Event()
    async with upstream() as (url, standin), serving(store, url) as proxy, asyncio.TaskGroup() as tasks:
        reading_on = tasks.create_task(stream(proxy, "pause=3;frames=6;text=one two three", came))
        await came.wait()
        proxy.process.send_signal(number)
        await proxy.shut()
        standin.gate.release()
        assert (await reading_on).endswith(b"data: [DONE]\n\n")
        assert await proxy.process.wait() == 0
        assert await said(store) == [["Stream?", "one two three"]]


async def test_a_second_signal_ends_at_once_and_loses_nothing(store: Path) -> None:
    came = asyncio.Event()
    quick = {"recording__checkpoint_seconds": 0.01}
    async with upstream() as (url, _), serving(store, url, **quick) as proxy:
        texts = await converse(proxy, 3)
        reading_on = asyncio.ensure_future(stream(proxy, "pause=4;frames=6;text=one two three four five six", came))
        await came.wait()
        proxy.process.send_signal(signal.SIGTERM)
        await proxy.shut()
        assert await proxy.ended() == 0
        with pytest.raises(httpx.TransportError):
            await reading_on
    async with upstream() as (url, _), serving(store, url) as proxy:
        first, second = sorted(await said(store))
        assert first == texts
        assert second[0] == "Stream?"
        assert "one two three four five six".startswith(second[1])
        async with reading(store) as opened:
            latest, *_ = await opened.exchanges()
            assert latest.ending == "interrupted"


async def test_a_spool_that_was_left_is_adopted_at_the_next_start(store: Path) -> None:
    async with upstream() as (url, _):
        async with serving(store, url, recording__commit_seconds=0.05) as proxy:
            begun = await converse(proxy, 1)
            other = sqlite3.connect(store, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            texts = await converse(proxy, 3)
            await proxy.ended(signal.SIGKILL)
            other.rollback()
            other.close()
            assert list((store.parent / "spool").iterdir()) != []
        async with serving(store, url) as proxy:
            assert sorted(await said(store)) == sorted([begun, texts])
            assert list((store.parent / "spool").iterdir()) == []
            async with reading(store) as opened:
                assert {row.ending for row in await opened.exchanges()} == {"complete"}


async def test_those_of_a_live_process_are_not_interrupted_by_another(store: Path) -> None:
    came = asyncio.Event()
    async with upstream() as (url, standin), serving(store, url) as proxy, asyncio.TaskGroup() as tasks:
        reading_on = tasks.create_task(stream(proxy, "pause=3;frames=6", came))
        await came.wait()
        async with serving(store, url) as second, reading(store) as opened:
            assert (await opened.totals()).open == 1
            assert await second.ended() == 0
        standin.gate.release()
        assert (await reading_on).endswith(b"data: [DONE]\n\n")
        async with reading(store) as opened:
            assert [row.ending for row in await opened.exchanges()] == ["complete"]


async def test_no_acknowledged_reply_is_missing_after_a_kill(tmp_path: Path) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    played = await rounds(3, seed, tmp_path)
    # A single round may acknowledge nothing: its process can die before the store it waits for is free again.
    assert sum(one.acknowledged for one in played) > 0, seed
    for one in played:
        assert (one.missing, one.duplicates, one.parted) == (0, 0, 0), (seed, one)
