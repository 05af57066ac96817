"""The recorder between traffic and a store that is slow, full, broken, or back again."""

from __future__ import annotations

import asyncio
import logging
import shutil
from pathlib import Path

import msgspec
import pytest

from proxy.spool import Answer, Spool
from proxy.writer import BATCH
from storage.records import Checkpointed, Closed, Lost, Record
from tests.desks import HASTY, PATIENT, Desk, Talk, desk, draft_of, heir, user
from tests.stores import closings


def spooled(folder: Path) -> list[Path]:
    return sorted((folder / "spool").glob("*.spool"))


async def test_a_reply_is_saved_once_it_is_committed(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.store.shut(closings)
        asked = await at.ask([user("One?")])
        await at.recorder.saved(asked[1])
        ended = at.answer(asked, "Yes.")
        async with asyncio.TaskGroup() as tasks:
            saved = tasks.create_task(at.recorder.saved(asked[1], ended))
            await at.store.held.wait()
            assert not saved.done()
            assert await at.said() == [["One?"]]
            at.store.release()
        assert await at.said() == [["One?", "Yes."]]
        assert spooled(tmp_path) == []


async def test_a_request_knows_its_place_before_it_is_committed(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.store.shut(bool)
        draft, ticket = await at.ask([user("One?")])
        assert ticket.placed is not None
        assert (await ticket.placed).session == draft.fresh
        at.store.release()


async def test_what_waits_is_committed_in_groups(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.store.shut()
        asked = [await at.ask([user(f"{number}?")]) for number in range(100)]
        ended = [at.answer(one, "Yes.") for one in asked]
        at.store.release()
        await at.recorder.saved(*(ticket for _, ticket in asked), *ended)
        counters = at.recorder.counters
        assert counters.entries == 200
        assert counters.batches < 20
        assert counters.queued_bytes == 0


async def test_a_full_queue_holds_requests_back_while_the_writer_gets_on(tmp_path: Path) -> None:
    async with desk(tmp_path, queue_bytes=1) as at:
        at.store.shut()
        await at.ask([user("One?")])
        async with asyncio.TaskGroup() as tasks:
            second = tasks.create_task(at.ask([user("Two?")]))
            await at.store.held.wait()
            assert not second.done()
            at.store.release()
        assert spooled(tmp_path) == []


async def test_a_full_queue_before_a_writer_that_stands_still_goes_to_the_spool(tmp_path: Path) -> None:
    async with desk(tmp_path, queue_bytes=1, commit_seconds=HASTY) as at:
        at.store.shut()
        asked = [await at.ask([user("One?")]), await at.ask([user("Two?")])]
        assert all(ticket.safe.done() for _, ticket in asked)
        assert at.recorder.counters.queued_bytes == 0
        ended = [at.answer(one, "Yes.") for one in asked]
        assert all(ticket.safe.done() for ticket in ended)
        at.store.release()
        await at.store.until_closed(*(draft.opened.id for draft, _ in asked))
        assert await at.said() == [["One?", "Yes."], ["Two?", "Yes."]]


async def test_a_commit_that_is_too_slow_releases_the_reply(tmp_path: Path) -> None:
    async with desk(tmp_path, commit_seconds=HASTY) as at:
        at.store.shut()
        talk = [user("One?")]
        exchange = await at.turn(talk, "Yes.")
        assert spooled(tmp_path) != []
        assert not at.recorder.counters.failing
        at.store.release()
        await at.store.until_closed(exchange)
        assert await at.said() == [["One?", "Yes."]]


async def test_a_commit_that_is_too_slow_makes_nobody_wait_for_a_place(tmp_path: Path) -> None:
    async with desk(tmp_path, commit_seconds=HASTY) as at:
        at.store.shut()
        draft, ticket = await at.ask([user("One?")])
        assert ticket.placed is not None
        await asyncio.wait([ticket.placed])
        assert ticket.placed.cancelled()
        at.store.release()
        await at.store.until(lambda records: any(getattr(record, "id", b"") == draft.opened.id for record in records))


async def test_what_comes_while_the_store_stalls_waits_for_nobody(tmp_path: Path) -> None:
    async with desk(tmp_path, commit_seconds=HASTY) as at:
        at.store.shut()
        await at.turn([user("One?")], "Yes.")
        at.recorder.commit_seconds = PATIENT
        asked = await at.ask([user("Two?")])
        assert asked[1].safe.done()
        assert at.answer(asked, "Yes.").safe.done()
        at.store.release()


async def test_what_comes_while_the_store_fails_waits_for_nobody(tmp_path: Path) -> None:
    async with desk(tmp_path, retry_seconds=PATIENT) as at:
        at.store.break_down()
        await at.turn([user("One?")], "Yes.")
        assert at.recorder.counters.failing == "the disk is full; free some space"
        asked = await at.ask([user("Two?")])
        assert asked[1].safe.done()
        assert at.answer(asked, "Yes.").safe.done()


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
    async with desk(tmp_path, works=False, commit_seconds=HASTY) as at:
        talk = [user("1?")]
        await at.turn(talk, "1!")
        at.store.shut()
        at.recorder.commit_seconds = PATIENT
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
        assert at.answer(asked, "Yes.").safe.done()
        assert at.recorder.counters.lost == 1


async def test_a_record_that_is_refused_is_not_in_the_way(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        bad = await at.ask([user("Bad?")])
        good = await at.ask([user("Good?")])
        await at.recorder.saved(bad[1], good[1])
        at.store.break_down(lambda records: _closes(records, bad[0].opened.id), refused=True)
        await at.recorder.saved(at.answer(bad, "No."), at.answer(good, "Yes."))
        await at.store.until_closed(good[0].opened.id)
        assert not at.recorder.counters.failing
        assert await at.said() == [["Bad?"], ["Good?", "Yes."]]
        await at.store.until(lambda records: any(isinstance(record, Lost) for record in records))
        assert (await at.store.totals()).lost == 1


def _closes(records: object, exchange: bytes) -> bool:
    assert isinstance(records, list)
    return any(isinstance(record, Closed) and record.exchange == exchange for record in records)


async def test_an_entry_that_makes_no_record_is_not_in_the_way(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        draft = draft_of([user("Bad?")], clock=at.clock)
        broken = msgspec.structs.replace(draft, links=(None,))
        ticket = await at.recorder.open(broken)
        await at.recorder.saved(ticket)
        await at.store.until_closed(await at.turn([user("Good?")], "Yes."))
        assert await at.said() == [["Good?", "Yes."]]
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


async def test_stopping_writes_all_that_is_queued(tmp_path: Path) -> None:
    async with desk(tmp_path, works=False) as at:
        asked = [await at.ask([user(f"{number}?")]) for number in range(BATCH + 50)]
        for one in asked:
            at.answer(one, "Yes.")
        at.recorder.stop()
        await at.recorder.run()
        totals = await at.store.totals()
        assert (totals.exchanges, totals.open) == (BATCH + 50, 0)


async def test_stopping_brings_the_spool_home(tmp_path: Path) -> None:
    async with desk(tmp_path, works=False, commit_seconds=HASTY) as at:
        await at.turn([user("One?")], "Yes.")
        at.recorder.stop()
        await at.recorder.run()
        assert await at.said() == [["One?", "Yes."]]
        assert spooled(tmp_path) == []


async def test_stopping_does_not_wait_for_a_store_that_fails(tmp_path: Path) -> None:
    async with desk(tmp_path, retry_seconds=PATIENT) as at:
        at.store.break_down()
        await at.turn([user("One?")], "Yes.")
    assert len(spooled(tmp_path)) == 1


async def test_what_comes_after_the_end_is_kept_for_the_next_process(tmp_path: Path) -> None:
    async with desk(tmp_path, works=False) as at:
        asked = await at.ask([user("One?")])
        at.recorder.stop()
        await at.recorder.run()
        assert at.answer(asked, "Yes.").safe.done()
    async with heir(tmp_path) as at:
        assert await at.said() == [["One?", "Yes."]]


async def test_checkpoints_end_with_the_first_that_is_left_out(tmp_path: Path) -> None:
    async with desk(tmp_path, works=False, queue_bytes=5000) as at:
        asked = await at.ask([user("One?")])
        exchange = asked[0].opened.id
        at.recorder.checkpoint(Checkpointed(exchange, 1, b"a" * 5000))
        at.recorder.checkpoint(Checkpointed(exchange, 2, b"b"))
        at.recorder.stop()
        await at.recorder.run()
        assert _pieces(at.store.written) == [1]


async def test_checkpoints_of_a_store_that_fails_are_spooled(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        asked = await at.ask([user("One?")])
        await at.recorder.saved(asked[1])
        at.store.break_down()
        at.recorder.checkpoint(Checkpointed(asked[0].opened.id, 1, b"a"))
        await at.store.failed.wait()
        at.recorder.checkpoint(Checkpointed(asked[0].opened.id, 2, b"b"))
        at.store.repair()
        await at.store.until(lambda records: len(_pieces(records)) == 2)
        assert _pieces(at.store.written) == [1, 2]


def _pieces(records: list[Record]) -> list[int]:
    return [record.number for record in records if isinstance(record, Checkpointed)]


async def test_the_log_names_the_trouble_and_its_end_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "steno.recorder")
    async with desk(tmp_path) as at:
        at.store.break_down()
        for number in range(5):
            exchange = await at.turn([user(f"{number}?")], "Yes.")
        at.store.failed.clear()
        await at.store.failed.wait()
        at.store.repair()
        await at.store.until_closed(exchange)
    assert caplog.text.count("the store takes no records") == 1
    assert caplog.text.count("the store takes records again") == 1


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


async def test_the_index_follows_in_a_quiet_moment(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.turn([user("Where is the lighthouse?")], "On the cliff.")
        assert at.recorder.counters.unindexed
        await at.store.indexed.wait()
        assert [hit.text for hit in await at.store.search("lighthouse")] == ["Where is the lighthouse?"]
