"""What the store did not take: kept in the spool, brought back in order, nothing twice, counted where it is lost."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from proxy.spool import Answer, Spool
from storage.records import Lost
from tests.desks import HASTY, PATIENT, Desk, Talk, desk, heir, spooled, user


async def test_a_conversation_whose_middle_was_spooled_is_one_session(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        talk = [user("1?")]
        await at.turn(talk, "1!")
        at.store.break_down()
        for number in (2, 3, 4):
            talk.append(user(f"{number}?"))
            await at.turn(talk, f"{number}!")
        assert at.spool.pending
        at.store.repair()
        talk.append(user("5?"))
        await at.store.until_closed(await at.turn(talk, "5!"))
        assert await at.said() == [[f"{number}{mark}" for number in range(1, 6) for mark in "?!"]]
        assert {row.match for row in await at.store.exchanges()} == {"new", "history"}


async def test_many_conversations_come_back_in_their_order(tmp_path: Path) -> None:
    talks: list[Talk] = [[] for _ in range(60)]
    async with desk(tmp_path, retry_seconds=PATIENT) as at:
        at.store.break_down()
        for turn in range(6):
            for number, talk in enumerate(talks):
                talk.append(user(f"{turn} of {number}?"))
                await at.turn(talk, f"{turn} of {number}!")
    async with heir(tmp_path) as at:
        found = sorted(await at.said())
        assert found == sorted([message["content"] for message in talk] for talk in talks)
        assert spooled(tmp_path) == []
        assert at.recorder.counters.batches < 60 * 6 * 2


async def test_a_reply_in_the_spool_finds_its_request_in_the_store(tmp_path: Path) -> None:
    async with desk(tmp_path, retry_seconds=PATIENT) as at:
        talk = [user("One?")]
        asked = await at.ask(talk)
        await at.recorder.saved(asked[1])
        at.store.break_down()
        await at.recorder.saved(at.answer(asked, "Yes."))
    async with heir(tmp_path) as at:
        assert await at.said() == [["One?", "Yes."]]


async def test_what_comes_in_during_the_replay_stands_behind_it(tmp_path: Path) -> None:
    async with desk(tmp_path, works=False) as at:
        talk = [user("1?")]
        at.recorder.counters.stalled = True
        await at.turn(talk, "1!")
        at.store.shut()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(at.recorder.run())
            await at.store.held.wait()
            talk.append(user("2?"))
            turn = tasks.create_task(at.turn(talk, "2!"))
            await asyncio.wait([turn], timeout=0)
            assert not at.recorder.counters.stalled
            at.store.release()
            await turn
            at.recorder.stop()
        assert await at.said() == [["1?", "1!", "2?", "2!"]]


async def test_writing_a_spool_twice_changes_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path, retry_seconds=PATIENT) as at:
        at.store.break_down()
        talk = [user("1?")]
        await at.turn(talk, "1!")
        talk.append(user("2?"))
        await at.turn(talk, "2!")
        await at.turn([user("1?"), user("and?")], "1!")
        (file,) = spooled(tmp_path)
        shutil.copy(file, tmp_path / "copy")
    async with heir(tmp_path) as at:
        before = await everything(at)
        shutil.copy(tmp_path / "copy", tmp_path / "spool" / "again.spool")
        assert at.spool.adopt() == 1
        await at.recorder.drain_spool()
        assert await everything(at) == before


async def everything(at: Desk) -> list[object]:
    store = at.store
    return [await store.totals(), await at.said(), await store.exchanges(), await store.sessions()]


async def test_a_commit_that_failed_after_all_is_not_written_twice(tmp_path: Path) -> None:
    async with desk(tmp_path, commit_seconds=HASTY) as at:
        at.store.shut()
        first = await at.turn([user("One?")], "Yes.")
        at.store.break_down()
        at.store.release()
        await at.store.failed.wait()
        at.store.repair()
        await at.store.until_closed(first)
        assert await at.said() == [["One?", "Yes."]]
        assert (await at.store.totals()).exchanges == 1


async def test_a_full_spool_drops_and_counts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with desk(tmp_path, limit=0) as at:
        at.store.break_down()
        talk = [user("1?")]
        await at.turn(talk, "1!")
        assert at.recorder.counters.lost == 1
        assert at.memo.prefixes == {}
        assert "exchanges are lost (1)" in caplog.text
        at.store.repair()
        await at.store.until(lambda records: any(isinstance(record, Lost) for record in records))
        assert (await at.store.totals()).lost == 1
        talk.append(user("2?"))
        await at.store.until_closed(await at.turn(talk, "2!"))
        assert await at.said() == [["1?", "1!", "2?", "2!"]]


async def test_a_spool_that_gets_full_keeps_what_came_first(tmp_path: Path) -> None:
    async with desk(tmp_path, limit=6000) as at:
        at.store.break_down()
        asked = [await at.turn([user(f"{number}?")], "Yes.") for number in range(20)]
        lost = at.recorder.counters.lost
        assert 0 < lost < 20
        at.store.repair()
        await at.store.until(lambda records: any(isinstance(record, Lost) for record in records))
        totals = await at.store.totals()
        assert totals.lost == lost
        kept = {row.id for row in await at.store.exchanges() if row.ending == "complete"}
        assert len(kept) + lost == 20
        assert asked[0] in kept


async def test_losses_that_nobody_could_write_down_are_told_later(tmp_path: Path) -> None:
    async with desk(tmp_path, limit=1000, retry_seconds=PATIENT) as at:
        at.store.break_down()
        await at.turn([user("word " * 1000)], "Yes.")
        assert at.recorder.counters.unsaved_losses == 1
    async with heir(tmp_path) as at:
        assert (await at.store.totals()).lost == 1


async def test_the_end_of_a_lost_request_is_one_gap(tmp_path: Path) -> None:
    async with desk(tmp_path, limit=0, retry_seconds=PATIENT) as at:
        at.store.break_down()
        asked = await at.ask([user("One?")])
        await at.recorder.saved(asked[1])
        assert at.recorder.counters.lost == 0
        assert at.answer(asked, "Yes.").safe
        assert at.recorder.counters.lost == 1


async def test_a_damaged_spool_gives_what_can_be_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with desk(tmp_path, retry_seconds=PATIENT) as at:
        at.store.break_down()
        for number in range(3):
            await at.turn([user(f"{number}?")], "Yes.")
        (file,) = spooled(tmp_path)
        data = bytearray(file.read_bytes())
        data[data.index(b"0?")] ^= 0xFF
        file.write_bytes(bytes(data) + b"\0\0\1")
    async with heir(tmp_path) as at:
        assert await at.said() == [["1?", "Yes."], ["2?", "Yes."]]
        assert at.recorder.counters.lost == 2
        assert "can't be read" in caplog.text
        assert spooled(tmp_path) == []


async def test_a_spool_that_holds_nothing_but_damage_is_gone_at_once(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "left.spool").write_bytes(b"\xff" * 100)
    async with heir(tmp_path) as at:
        assert spooled(tmp_path) == []
        assert at.recorder.counters.lost == 1


async def test_a_spool_that_cannot_be_written_loses_and_counts(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    async with desk(tmp_path) as at:
        at.store.break_down()
        await at.turn([user("One?")], "Yes.")
        assert at.recorder.counters.lost == 1
        at.store.repair()
        await at.store.until(lambda records: any(isinstance(record, Lost) for record in records))


async def test_a_store_that_fails_at_the_start_does_not_hold_it_up(tmp_path: Path) -> None:
    async with desk(tmp_path, retry_seconds=PATIENT) as at:
        at.store.break_down()
        await at.turn([user("One?")], "Yes.")
    async with desk(tmp_path, works=False, name="next") as at:
        at.store.break_down()
        at.spool.adopt()
        await at.recorder.drain_spool()
        assert at.recorder.counters.failing
        two = await at.turn([user("Two?")], "Yes.")
        at.store.repair()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(at.recorder.run())
            await at.store.until_closed(two)
            at.recorder.stop()
        assert sorted(await at.said()) == [["One?", "Yes."], ["Two?", "Yes."]]


async def test_what_comes_after_the_end_is_kept_for_the_next_process(tmp_path: Path) -> None:
    async with desk(tmp_path, works=False) as at:
        asked = await at.ask([user("One?")])
        at.recorder.stop()
        await at.recorder.run()
        assert at.answer(asked, "Yes.").safe
    async with heir(tmp_path) as at:
        assert await at.said() == [["One?", "Yes."]]


async def test_entries_go_through_the_spool_unchanged(tmp_path: Path) -> None:
    async with desk(tmp_path, retry_seconds=PATIENT) as at:
        asked = await at.ask([user("One?")])
        await at.recorder.saved(asked[1])
        at.store.break_down()
        await at.recorder.saved(at.answer(asked, "Yes."))
    spool = Spool(tmp_path / "spool", "next", 1 << 20, synced=False)
    spool.adopt()
    (entry,) = spool.take(10)
    assert isinstance(entry, Answer)
    assert entry.standing is not None
    assert entry.standing.session == asked[0].fresh
    spool.close()
