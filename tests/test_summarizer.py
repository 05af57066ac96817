"""Which segments are written by a model, by whom, and how many at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import pytest

from proxy.clock import now
from proxy.errand import Rooms
from proxy.headers import Headers
from proxy.meter import Meter
from proxy.prices import PriceBook
from proxy.providers import Provider, Providers
from proxy.routing import Candidate
from proxy.segments import Segment
from proxy.summaries import Wanted
from proxy.summarizer import AT_ONCE, Summarizer
from proxy.tokens import Tokenizer
from storage.records import ExchangeRow, Opened, Record
from tests.desks import OWNER, RUN, Desk, desk, user
from tests.e2e.upstreams import raw_reply
from tests.forwardings import PATH, Field, asked_of, field_of
from tests.stores import closings

SAYS = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"%s"},"finish_reason":"%s"}]}'
GOAL = raw_reply(SAYS % (b"Goal: greet.", b"stop"))
KEYS: Headers = ((b"Authorization", b"Bearer k"), (b"cookie", b"c"))


def wants(count: int = 1, first: int = 0) -> list[Wanted]:
    return [Wanted(Segment(b"%d" % at, b"p", 0, 1, 0, "Hi", 1), 200) for at in range(first, first + count)]


@dataclass
class Scene:
    """A summarizer whose model is at ``a``, and sessions to summarise."""

    upstreams: Field
    at: Desk
    summarizer: Summarizer
    gone: set[bytes] = field(default_factory=set)

    async def session(self, text: str) -> bytes:
        """A new one."""
        draft, ticket = await self.at.ask([user(text)])
        await self.at.recorder.saved(ticket, self.at.answer((draft, ticket), "Yes."))
        return draft.fresh

    def notice(self, session: bytes, *segments: Wanted, provider: str = "a", **given: str) -> None:
        """Ask for segments of a request that went to a provider."""
        asked = msgspec.structs.replace(asked_of(self.upstreams.provider(provider, **given)), owner=OWNER)
        self.summarizer.notice(asked, KEYS, segments, session)

    async def written(self, count: int) -> list[ExchangeRow]:
        """The exchanges that asked, once so many have ended, beside those of the sessions."""
        sessions = len(await self.at.said())
        await self.at.store.until(lambda all_of: sum(closings([one]) for one in all_of) >= sessions + count)
        return [row for row in await self.at.store.port.exchanges() if row.match == "summary"]


@asynccontextmanager
async def scene(folder: Path, **given: str) -> AsyncIterator[Scene]:
    async with field_of() as upstreams, desk(folder) as at:
        own = Provider("a", upstreams.a.url, **given)  # type: ignore[arg-type]
        room = replace(upstreams.room, providers=Providers([own], [Candidate("a", ("m",))]))
        rooms = Rooms(room, at.recorder, Meter(Tokenizer(), PriceBook({})), now, RUN)
        one = Scene(upstreams, at, Summarizer(rooms, "m", always))

        async def run() -> None:
            with suppress(asyncio.CancelledError):
                await one.summarizer.run()

        one.summarizer.due = lambda session, _: always(session, _, one.gone)
        async with asyncio.TaskGroup() as group:
            working = group.create_task(run())
            yield one
            working.cancel()


async def always(session: bytes, _: Segment, gone: Collection[bytes] = ()) -> bool:
    return session not in gone


async def test_a_segment_is_asked_for_once(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        one.upstreams.a.says(PATH, GOAL)
        session = await one.session("Hi?")
        for _ in range(3):
            one.notice(session, *wants(2))
        assert [row.ending for row in await one.written(2)] == ["complete"] * 2
        assert one.upstreams.a.requests[PATH] == 2
        assert [row.text for row in await one.at.store.port.summaries([b"1"])] == [
            "Goal: greet.\nRange: messages 1 to 1"
        ]


async def test_the_caller_s_key_goes_where_it_went_and_nothing_else_of_its_headers(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        one.upstreams.a.says(PATH, GOAL)
        one.notice(await one.session("Hi?"), *wants())
        await one.written(1)
        head = one.upstreams.a.heads[PATH][0].lower()
        assert b"authorization: bearer k" in head
        assert b"cookie" not in head


async def test_a_key_that_was_meant_for_another_host_stays_here(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        one.upstreams.a.says(PATH, GOAL)
        one.notice(await one.session("Hi?"), *wants(), provider="b")
        await one.written(1)
        assert b"bearer" not in one.upstreams.a.heads[PATH][0].lower()


async def test_a_provider_s_own_key_pays_first(tmp_path: Path) -> None:
    async with scene(tmp_path, api_key="own") as one:
        one.upstreams.a.says(PATH, GOAL)
        one.notice(await one.session("Hi?"), *wants())
        await one.written(1)
        assert b"authorization: bearer own" in one.upstreams.a.heads[PATH][0].lower()


def summarised(records: list[Record]) -> set[bytes]:
    """The sessions of which a summary was asked for."""
    return {one.session for one in records if isinstance(one, Opened) and one.match == "summary"}


async def test_one_is_written_at_a_time_for_a_session_and_few_at_once_for_all(tmp_path: Path) -> None:
    waiting: list[asyncio.StreamWriter] = []
    came = asyncio.Semaphore(0)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting.append(writer)
        came.release()
        await reader.read()

    async with scene(tmp_path) as one:
        one.upstreams.a.scripts[PATH] = silent
        sessions = [await one.session(f"Hi {number}?") for number in range(AT_ONCE + 2)]
        for number, session in enumerate(sessions):
            one.notice(session, *wants(3, 3 * number))
        for _ in range(AT_ONCE):
            await came.acquire()
        assert len(waiting) == AT_ONCE
        await one.at.store.until(lambda records: len(summarised(records)) == AT_ONCE)


async def test_more_than_so_many_do_not_wait(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        one.upstreams.a.says(PATH, GOAL)
        session = await one.session("Hi?")
        one.summarizer.most = 3
        one.notice(session, *wants(5))
        await one.written(3)
        one.notice(session, *wants(1, 3))
        assert len(await one.written(4)) == one.upstreams.a.requests[PATH] == 4


async def test_a_session_that_was_erased_is_not_written_about(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        one.upstreams.a.says(PATH, GOAL)
        gone, session = await one.session("Hi?"), await one.session("Ho?")
        one.gone.add(gone)
        one.notice(gone, *wants())
        one.notice(session, *wants(1, 1))
        assert [row.session for row in await one.written(1)] == [session]


async def test_an_answer_that_was_cut_off_for_its_length_is_not_used(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        one.upstreams.a.says(PATH, raw_reply(SAYS % (b"Goal: greet and", b"length")))
        one.notice(await one.session("Hi?"), *wants())
        assert [row.finish_reason for row in await one.written(1)] == ["length"]
        assert await one.at.store.port.summaries([b"0"]) == []


async def test_a_fault_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with scene(tmp_path) as one:
        one.upstreams.a.says(PATH, GOAL)
        session = await one.session("Hi?")
        broken = Wanted(Segment(b"x", b"p", 0, 1, 0, "Hi", 1), None)  # type: ignore[arg-type]
        with caplog.at_level(logging.ERROR):
            one.notice(session, broken, *wants())
            await one.written(1)
        assert "a summary can't be written" in caplog.text
