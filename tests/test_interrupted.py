"""What becomes of the exchanges of a process that died: closed with what was saved, and never too early."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from proxy.interrupted import close_orphans, closed_orphan
from storage.opening import open_store
from storage.ports import Store
from storage.records import Checkpointed, ExchangeRow, Orphan
from tests.desks import PATIENT, RUN, Desk, desk, user


def event(text: str) -> bytes:
    chunk = {"id": "chatcmpl-1", "model": "gpt-4o-mini", "choices": [{"index": 0, "delta": {"content": text}}]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


async def begun(at: Desk, *pieces: bytes) -> bytes:
    """An exchange that is open, with these pieces of its reply saved."""
    draft, ticket = await at.ask([user("One?")])
    for number, piece in enumerate(pieces, 1):
        at.recorder.checkpoint(Checkpointed(draft.opened.id, number, piece))
    await at.recorder.saved(ticket)
    return draft.opened.id


@asynccontextmanager
async def another(at: Desk) -> AsyncIterator[Store]:
    """Another process's view of the same store."""
    store = await open_store(f"sqlite:///{at.folder}/steno.db")
    try:
        yield store
    finally:
        await store.close()


async def only(store: Store) -> ExchangeRow:
    (row,) = await store.exchanges()
    return row


async def test_what_was_saved_of_a_reply_is_kept(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await begun(at, event("Ye") + event("s, b")[:20], event("s, b")[20:])
    async with desk(tmp_path) as at:
        assert await close_orphans(at.store.port, at.recorder, at.clock) == 1
        assert (await only(at.store.port)).ending == "interrupted"
        assert await at.said() == [["One?", "Yes, b"]]


async def test_an_exchange_without_a_reply_is_closed_all_the_same(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await begun(at)
    async with desk(tmp_path) as at:
        assert await close_orphans(at.store.port, at.recorder, at.clock) == 1
        assert await close_orphans(at.store.port, at.recorder, at.clock) == 0
        assert (await only(at.store.port)).ending == "interrupted"
        assert await at.said() == [["One?"]]


async def test_the_conversation_goes_on_after_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await begun(at, event("Yes, b"))
    async with desk(tmp_path) as at:
        await close_orphans(at.store.port, at.recorder, at.clock)
        talk = [user("One?"), {"role": "assistant", "content": "Yes, b"}, user("But?")]
        await at.turn(talk, "No.")
        assert await at.said() == [["One?", "Yes, b", "But?", "No."]]


async def test_those_of_a_live_process_are_left_alone(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        async with another(at) as living:
            await living.hold(RUN)
            await begun(at, event("Yes"))
            assert await close_orphans(at.store.port, at.recorder, at.clock) == 0
            assert not (await only(at.store.port)).ending
        assert await close_orphans(at.store.port, at.recorder, at.clock) == 1


async def test_an_end_that_waits_in_a_spool_comes_first(tmp_path: Path) -> None:
    await _left_behind(tmp_path)
    async with desk(tmp_path, works=False) as at:
        assert await close_orphans(at.store.port, at.recorder, at.clock) == 0
        assert (await only(at.store.port)).ending == "complete"
        assert await at.said() == [["One?", "Yes."]]


async def test_nothing_is_closed_while_a_spool_waits_for_the_store(tmp_path: Path) -> None:
    await _left_behind(tmp_path)
    async with desk(tmp_path, works=False) as at:
        at.store.break_down()
        assert await close_orphans(at.store.port, at.recorder, at.clock) == 0
        assert not (await only(at.store.port)).ending
        at.store.repair()
        at.recorder.counters.failing = ""
        assert await close_orphans(at.store.port, at.recorder, at.clock) == 0
        assert (await only(at.store.port)).ending == "complete"


async def test_nothing_is_closed_while_another_process_replays_a_spool(tmp_path: Path) -> None:
    await _left_behind(tmp_path)
    async with desk(tmp_path, works=False, name="quicker") as quicker, desk(tmp_path, works=False) as at:
        assert quicker.spool.adopt() == 1
        assert await close_orphans(at.store.port, at.recorder, at.clock) == 0
        assert not (await only(at.store.port)).ending
        await close_orphans(quicker.store.port, quicker.recorder, quicker.clock)
        assert (await only(at.store.port)).ending == "complete"


async def test_a_spool_that_turns_up_late_is_replayed_first(tmp_path: Path) -> None:
    await _left_behind(tmp_path)
    (file,) = (tmp_path / "spool").iterdir()
    async with desk(tmp_path, works=False) as at:
        shutil.move(file, tmp_path / "hidden")
        at.store.after_orphans = lambda: shutil.move(tmp_path / "hidden", file)
        assert await close_orphans(at.store.port, at.recorder, at.clock) == 0
        assert (await only(at.store.port)).ending == "complete"


async def _left_behind(folder: Path) -> None:
    async with desk(folder, name="dead", retry_seconds=PATIENT) as at:
        asked = await at.ask([user("One?")])
        await at.recorder.saved(asked[1])
        at.store.break_down()
        await at.recorder.saved(at.answer(asked, "Yes."))


async def test_a_store_that_takes_nothing_does_not_stop_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with desk(tmp_path) as at:
        await begun(at)
    async with desk(tmp_path, works=False) as at:
        at.store.break_down()
        assert await close_orphans(at.store.port, at.recorder, at.clock) == 0
        assert "stay open until the next start" in caplog.text


def test_what_is_no_conversation_keeps_its_texts() -> None:
    data = b'data: {"choices":[{"index":0,"text":"Once "}]}\n\ndata: {"choices":[{"index":0,"text":"upon"}]}\n\n'
    orphan = Orphan(b"e" * 16, b"o" * 16, b"s" * 16, 1, "completions", "m", True, b"", b"", data)
    closed = closed_orphan(orphan, 2)
    assert (closed.said, closed.replies, closed.residue) == (("Once upon",), (), b"")
    assert (closed.ending, closed.usage_source) == ("interrupted", "unknown")
