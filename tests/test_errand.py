"""Requests of Steno's own, and what is recorded of them however they end."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from proxy.clock import now
from proxy.drafts import SUMMARY
from proxy.errand import Errand, Rooms
from proxy.messages import Reply
from proxy.meter import Meter
from proxy.prices import PriceBook
from proxy.providers import Provider
from proxy.tokens import Tokenizer
from storage.records import ExchangeRow, SegmentRecord
from tests.desks import OWNER, RUN, Desk, desk, user
from tests.e2e.upstreams import raw_reply
from tests.forwardings import BODY, PATH, Field, asked_of, field_of, nowhere

ANSWER = b'{"id":"x","model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"Yes."}}]}'
MADE = SegmentRecord(b"h" * 16, b"d" * 16, b"", 0, 2, 0, 5, "Goal: yes.", "model", b"data")


@dataclass
class Scene:
    """A session with one request in it, and errands about it."""

    field: Field
    at: Desk
    session: bytes
    read: list[Reply] = dataclasses.field(default_factory=list)

    def errand(self, provider: Provider) -> Errand:
        """One that asks a provider."""
        rooms = Rooms(self.field.room, self.at.recorder, Meter(Tokenizer(), PriceBook({})), now, RUN)
        given = replace(asked_of(provider), owner=OWNER)
        return Errand(rooms, given, ((b"authorization", b"Bearer k"),), self.session, self.made)

    def made(self, reply: Reply) -> SegmentRecord | None:
        self.read.append(reply)
        return MADE if reply.choices else None

    async def recorded(self) -> ExchangeRow:
        """The exchange that the errand was."""
        rows = await self.at.store.port.exchanges(self.session)
        return next(row for row in rows if row.match == SUMMARY)


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    async with field_of() as upstreams, desk(folder) as at:
        draft, ticket = await at.ask([user("One?")])
        await at.recorder.saved(ticket, at.answer((draft, ticket), "Yes."))
        yield Scene(upstreams, at, draft.fresh)


async def test_an_errand_is_recorded_in_its_session_with_what_came_of_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        one.field.a.says(PATH, raw_reply(ANSWER))
        await one.errand(one.field.provider("a")).run()
        row = await one.recorded()
        assert (row.ending, row.status, row.provider, row.usage_source) == ("complete", 200, "a", "estimated")
        assert await one.at.store.port.sent(row.id) == BODY == one.field.a.bodies[PATH]
        assert await one.at.store.port.reply(row.id) == ANSWER
        assert await one.at.store.port.summaries([MADE.digest]) == [MADE]
        assert await one.at.said() == [["One?", "Yes."]]
        assert b"authorization: bearer k" in one.field.a.heads[PATH][0].lower()


async def test_what_can_not_be_reached_is_recorded_with_its_error(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        await one.errand(nowhere("c")).run()
        row = await one.recorded()
        assert (row.ending, row.error_code, one.read) == ("upstream_error", "upstream_unreachable", [])


async def test_a_refusal_is_recorded_with_its_body(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        one.field.a.says(PATH, raw_reply(b'{"error":{"message":"No."}}', status=b"401 Unauthorized"))
        await one.errand(one.field.provider("a")).run()
        row = await one.recorded()
        assert (row.status, row.error_message, row.error_body) == (401, "No.", b'{"error":{"message":"No."}}')
        assert await one.at.store.port.summaries([MADE.digest]) == []


async def test_a_reply_that_breaks_off_makes_no_summary(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        one.field.a.says(PATH, raw_reply(ANSWER)[:-5], closes=True)
        await one.errand(one.field.provider("a")).run()
        assert (await one.recorded()).ending == "upstream_cut"
        assert one.read == []


async def test_an_errand_that_is_cancelled_is_recorded_as_interrupted(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with scene(tmp_path) as one:
        one.field.a.scripts[PATH] = silent
        errand = one.errand(one.field.provider("a"))
        async with asyncio.TaskGroup() as group:
            running = group.create_task(errand.run())
            await one.field.a.came.wait()
            running.cancel()
        await one.at.store.until_closed(errand.id)
        assert (await one.recorded()).ending == "interrupted"


async def test_of_a_session_that_was_erased_meanwhile_nothing_comes_back(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        one.field.a.says(PATH, raw_reply(ANSWER))
        await one.at.store.port.erasures.erase(one.session)
        errand = one.errand(one.field.provider("a"))
        await errand.run()
        row = (await one.at.store.port.exchanges())[0]
        assert (row.id, row.session, row.status) == (errand.id, b"", 200)
        assert await one.at.store.port.sent(row.id) is None
        assert await one.at.store.port.reply(row.id) is None
        assert await one.at.store.port.summaries([MADE.digest]) == []
        assert await one.at.said() == []
