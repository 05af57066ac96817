"""A reply that ended is on disk, and recording never breaks traffic: through the whole proxy, and through its death."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from bench.kills import rounds
from proxy.standin import create_standin
from proxy.standin.app import Standin
from storage.records import Opened, Record
from tests.desks import assistant, user
from tests.e2e.stages import CHAT, Stage, staged
from tests.processes import Serving, reading, said, serving
from tests.servers import running
from tests.stores import GatedStore, closings, open_gated

KEY = "sk-1"


@asynccontextmanager
async def gated(monkeypatch: pytest.MonkeyPatch, **flags: object) -> AsyncIterator[tuple[Stage, GatedStore]]:
    """A proxy whose store is behind a gate."""
    gates: list[GatedStore] = []

    async def opened(url: str) -> object:
        gates.append(await open_gated(url))
        return gates[0].port

    monkeypatch.setattr("proxy.server.open_store", opened)
    async with staged(**flags) as stage:
        yield stage, gates[0]
        gates[0].repair()
        gates[0].release()


class Reader:
    """A client that takes a reply as it comes."""

    def __init__(self, stage: Stage, wish: str, *, stream: bool) -> None:
        self._stage = stage
        self._wish = wish
        self._body = {"model": "gpt-4o-mini", "messages": [user("Hello?")], "stream": stream}
        self.got = b""
        self.length = -1
        self.came = asyncio.Condition()

    async def read(self) -> bytes:
        """Read to the end."""
        headers = {"authorization": f"Bearer {KEY}", "x-standin": self._wish}
        async with self._stage.http.stream("POST", CHAT, json=self._body, headers=headers) as reply:
            self.length = int(reply.headers.get("content-length", -1))
            async for chunk in reply.aiter_raw():
                async with self.came:
                    self.got += chunk
                    self.came.notify_all()
        return self.got

    async def until(self, text: bytes) -> None:
        """Wait for a piece of the reply."""
        async with self.came:
            await self.came.wait_for(lambda: text in self.got)


# The three durabilities


async def test_a_plain_reply_is_withheld_until_it_is_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gated(monkeypatch) as (stage, gate), asyncio.TaskGroup() as tasks:
        gate.shut(closings)
        reader = Reader(stage, "", stream=False)
        reading_on = tasks.create_task(reader.read())
        await gate.held.wait()
        assert not reading_on.done()
        gate.release()
        assert len(await reading_on) == reader.length


async def test_the_end_of_a_stream_is_withheld_until_it_is_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gated(monkeypatch) as (stage, gate), asyncio.TaskGroup() as tasks:
        gate.shut(closings)
        reader = Reader(stage, "frames=3", stream=True)
        reading_on = tasks.create_task(reader.read())
        await gate.held.wait()
        await reader.until(b'"finish_reason":"stop"')
        assert b"[DONE]" not in reader.got
        gate.release()
        assert (await reading_on).endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("wish", ["encoding=gzip", "encoding=br", "no_done"])
async def test_without_a_closing_event_the_end_of_the_body_is_withheld(
    monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    async with gated(monkeypatch) as (stage, gate), asyncio.TaskGroup() as tasks:
        gate.shut(closings)
        reading_on = tasks.create_task(Reader(stage, wish, stream=True).read())
        await gate.held.wait()
        assert not reading_on.done()
        gate.release()
        assert await reading_on


@pytest.mark.parametrize("stream", [False, True])
async def test_in_the_background_nothing_is_withheld(monkeypatch: pytest.MonkeyPatch, *, stream: bool) -> None:
    async with gated(monkeypatch, recording__durability="background") as (stage, gate):
        gate.shut(closings)
        assert await Reader(stage, "", stream=stream).read()
        await gate.held.wait()


def requests(records: Sequence[Record]) -> bool:
    return any(isinstance(record, Opened) for record in records)


async def test_strictly_the_upstream_sees_no_request_that_is_not_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gated(monkeypatch, recording__durability="strict") as (stage, gate), asyncio.TaskGroup() as tasks:
        gate.shut(requests)
        reading_on = tasks.create_task(Reader(stage, "", stream=False).read())
        await gate.held.wait()
        assert stage.journal.counts["started"] == 0
        gate.release()
        assert await reading_on
        assert stage.journal.counts["started"] == 1


async def test_strictly_each_commit_is_synced(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gated(monkeypatch, recording__durability="strict") as (_, gate):
        (level,) = await gate._database.run(lambda connection: connection.execute("PRAGMA synchronous").fetchone())
        assert level == 2


# A store that can't


async def test_a_slow_commit_releases_the_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gated(monkeypatch, recording__commit_seconds=0.02) as (stage, gate):
        gate.shut()
        response = await stage.chat(KEY, "One?")
        assert response.status_code == 200
        gate.release()
        await gate.until_closed(UUID(response.headers["x-exchange-id"]).bytes)
        recorded = await stage.recorded(response)
        assert recorded.exchange.ending == "complete"
        assert recorded.said[0] == ("user", "One?")


async def test_in_the_background_a_slow_commit_holds_up_one_request_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    flags = {"recording__durability": "background", "recording__commit_seconds": 0.02}
    async with gated(monkeypatch, **flags) as (stage, gate):
        gate.shut()
        first, *others = [await stage.chat(KEY, f"{number}?") for number in range(5)]
        assert "x-session-id" not in first.headers
        gate.release()
        await gate.until_closed(*(UUID(one.headers["x-exchange-id"]).bytes for one in (first, *others)))
        assert (await gate.totals()).sessions == 5


async def test_a_conversation_goes_on_as_one_while_the_store_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gated(monkeypatch) as (stage, gate):
        talk = [user("0?")]
        for number in range(1, 6):
            if number == 2:
                gate.break_down()
            response = await stage.chat(KEY, *talk)
            if number == 4:
                gate.repair()
                await gate.until_closed(UUID(response.headers["x-exchange-id"]).bytes)
            talk += [assistant(response.json()["choices"][0]["message"]["content"]), user(f"{number}?")]
        recorded = await stage.recorded(response)
        assert [text for _, text in recorded.said] == [message["content"] for message in talk[:-1]]
        assert recorded.exchange.match == "history"


async def test_gaps_are_counted_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gated(monkeypatch, recording__spool_bytes=0) as (stage, gate):
        gate.break_down()
        response = await stage.chat(KEY, "One?")
        assert response.status_code == 200
        ready = await stage.http.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["lost_exchanges"] == 1
        assert "the disk is full" in ready.json()["reason"]
        gate.repair()
        await gate.until(bool)
        assert (await gate.totals()).lost == 1
        assert (await stage.http.get("/readyz")).status_code == 200


async def test_after_a_gap_the_next_request_is_recorded_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gated(monkeypatch, recording__spool_bytes=0) as (stage, gate):
        gate.break_down()
        talk = [user("One?"), assistant("Yes."), user("Two?")]
        await stage.chat(KEY, *talk)
        gate.repair()
        await gate.until(bool)
        response = await stage.chat(KEY, *talk, assistant("No."), user("Three?"))
        recorded = await stage.recorded(response)
        assert [text for _, text in recorded.said][:5] == ["One?", "Yes.", "Two?", "No.", "Three?"]


async def test_a_store_that_fails_may_refuse_traffic(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gated(monkeypatch, recording__on_failure="refuse") as (stage, gate):
        gate.break_down()
        first = await stage.chat(KEY, "One?")
        refused = await stage.chat(KEY, "Two?")
        assert (first.status_code, refused.status_code) == (200, 503)
        error = refused.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["code"] == "store_unavailable"
        assert "free some space" in error["message"]
        assert stage.journal.counts["started"] == 1
        gate.repair()
        await gate.until_closed(UUID(first.headers["x-exchange-id"]).bytes)
        assert (await stage.chat(KEY, "Two?")).status_code == 200


async def test_all_is_committed_when_the_proxy_ends(tmp_path: Path) -> None:
    store = tmp_path / "steno.db"
    async with staged(recording__durability="background", store__url=f"sqlite:///{store}") as stage:
        await asyncio.gather(*(stage.chat(KEY, f"{number}?") for number in range(50)))
    async with reading(store) as opened:
        totals = await opened.totals()
        assert (totals.exchanges, totals.open) == (50, 0)


# A process of its own


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


async def test_a_signal_lets_running_streams_end(store: Path) -> None:
    came = asyncio.Event()
    async with upstream() as (url, standin), serving(store, url) as proxy, asyncio.TaskGroup() as tasks:
        reading_on = tasks.create_task(stream(proxy, "pause=3;frames=6;text=one two three", came))
        await came.wait()
        proxy.process.send_signal(signal.SIGTERM)
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
    for played in await rounds(3, seed, tmp_path):
        assert played.acknowledged > 0, seed
        assert (played.missing, played.duplicates, played.parted) == (0, 0, 0), (seed, played)
