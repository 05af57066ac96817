"""What real traffic recorded, written for others; and back from Steno's own lines."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from proxy.exports.writing import Format, exported
from proxy.imports.taking import Taken, Taker
from storage.ports import Store
from storage.views import SessionRow
from tests.played import Played, played, said, writable


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def play() -> AsyncIterator[Played]:
    async with played(recording__raw="errors") as play:
        yield play


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def written(store: Store, format: Format = Format.JSONL, session: SessionRow | None = None) -> bytes:
    return b"".join([piece async for piece in exported(store, format, session)])


async def taken(store: Store, path: Path) -> Taken:
    taker = Taker(store, b"o" * 16, lambda raw, _: len(raw), 0)
    return [state async for state in taker.take(path)][-1]


async def test_an_export_of_an_import_of_an_export_is_the_export(play: Played, tmp_path: Path) -> None:
    async with play.stage.reading() as source:
        whole = await written(source)
    file = tmp_path / "export.jsonl"
    file.write_bytes(whole)
    async with writable(f"sqlite:///{tmp_path}/copy.db") as copy:
        assert (await taken(copy, file)).faults == []
        assert await written(copy) == whole
        assert (await taken(copy, file)).faults == []
        assert await written(copy) == whole


async def test_what_was_sent_and_answered_still_rebuilds_after_an_import(play: Played, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    async with play.stage.reading() as source, writable(f"sqlite:///{tmp_path}/copy.db") as copy:
        file.write_bytes(await written(source))
        await taken(copy, file)
        rows = await source.exchanges()
        assert [await copy.sent(row.id) for row in rows] == [await source.sent(row.id) for row in rows]
        assert [await copy.reply(row.id) for row in rows] == [await source.reply(row.id) for row in rows]
        assert len([row for row in rows if await copy.sent(row.id)]) > 9


async def test_one_session_brings_all_that_it_is_made_of(play: Played, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    async with play.stage.reading() as source, writable(f"sqlite:///{tmp_path}/copy.db") as copy:
        row = await source.session(play.tools)
        assert row is not None
        file.write_bytes(await written(source, session=row))
        assert (await taken(copy, file)).faults == []
        assert await copy.sessions() == [row]
        exchanges = await source.exchanges(row.id)
        assert [await copy.sent(one.id) for one in exchanges] == [await source.sent(one.id) for one in exchanges]
        assert [one.text for one in await copy.messages(row.id)] == [one.text for one in await source.messages(row.id)]
        assert await written(copy, session=await copy.session(play.tools)) == file.read_bytes()


async def test_an_owner_gets_nothing_of_another_ones(play: Played) -> None:
    async with play.stage.reading() as source:
        lines = [said(line) for line in (await written(source)).splitlines()]
        owner = next(line["owner"] for line in lines if line.get("uid") == UUID(play.talk).hex)
        pieces = [piece async for piece in exported(source, Format.JSONL, None, bytes.fromhex(owner))]
        own = [said(line) for line in b"".join(pieces).splitlines()]
    assert {line["owner"] for line in own if "owner" in line} == {owner}
    sessions = {line["uid"] for line in own if line["type"] == "sessions"}
    assert {line["session"] for line in own if line["type"] == "places"} == sessions
    assert [line["path"] for line in own if line["type"] == "exchanges" and "session" not in line] == ["/models"]


async def test_a_line_for_training_has_the_system_prompt_and_the_tools(play: Played) -> None:
    async with play.stage.reading() as source:
        talk, tools = await source.session(play.talk), await source.session(play.tools)
        talks = [json.loads(line) for line in (await written(source, Format.OPENAI, talk)).splitlines()]
        (called,) = [json.loads(line) for line in (await written(source, Format.OPENAI, tools)).splitlines()]
    assert [[message["role"] for message in line["messages"]] for line in talks] == [
        ["system", *["user", "assistant"] * 3],
        ["system", *["user", "assistant"] * 2],
    ]
    assert talks[0]["messages"][0]["content"] == "Be brief. é 漢字"
    assert called["tools"][0]["function"]["name"] == "get_weather"
    assert [message["role"] for message in called["messages"]] == ["user", "assistant", "tool", "assistant"]


async def test_markdown_tells_who_said_what(play: Played) -> None:
    async with play.stage.reading() as source:
        talk = (await written(source, Format.MARKDOWN, await source.session(play.talk))).decode()
        everything = (await written(source, Format.MARKDOWN)).decode()
    assert talk.startswith("# What do whales sing?\n\n- session: " + str(UUID(play.talk)))
    assert "## User\n\nWhy?\n\n## Assistant\n\n" in talk
    assert "*Branch 2 of 2, from message 2 on*" in talk
    assert "Calls `get_weather`:\n\n```json\n{" in everything
    assert '"error": "no such place"' in everything
