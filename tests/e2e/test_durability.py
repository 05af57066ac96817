"""A reply that ended is on disk, and recording never breaks traffic: through the whole proxy, and through its death."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from storage.records import Opened, Record
from tests.desks import assistant, user
from tests.e2e.stages import CHAT, Stage, staged
from tests.processes import reading
from tests.stores import GatedStore, closings, open_gated

KEY = "sk-1"


@asynccontextmanager
async def gated(monkeypatch: pytest.MonkeyPatch, **flags: object) -> AsyncIterator[tuple[Stage, GatedStore]]:
    """A proxy whose store is behind a gate."""
    gates: list[GatedStore] = []

    async def opened(url: str) -> object:
        gates.append(await open_gated(url))
        return gates[0].port

    monkeypatch.setattr("proxy.application.open_store", opened)
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
