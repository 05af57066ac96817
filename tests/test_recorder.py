"""The recorder between traffic and a store that is slow, full, broken, or back again."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import msgspec
import pytest

from proxy.writer import BATCH
from storage.inquiries import Inquiry
from storage.records import Checkpointed, Closed, Lost, Record
from tests.desks import HASTY, PATIENT, desk, draft_of, spooled, user
from tests.stores import closings


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


async def test_a_request_knows_its_place_once_it_is_committed(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        draft, ticket = await at.ask([user("One?")])
        assert ticket.standing is None
        await at.recorder.saved(ticket)
        assert ticket.standing is not None
        assert ticket.standing.session == draft.fresh


async def test_a_request_is_looked_up_behind_all_that_waits_before_it(tmp_path: Path) -> None:
    async with desk(tmp_path, works=False) as at:
        talk = [user("One?")]
        first = await at.ask(talk)
        at.answer(first, "Yes.")
        second = await at.ask([*talk, {"role": "assistant", "content": "Yes."}, user("And?")])
        at.recorder.stop()
        await at.recorder.run()
        assert at.recorder.counters.batches == 1
        assert second[1].standing is not None
        assert (second[1].standing.session, second[1].standing.match) == (first[0].fresh, "history")


async def test_one_who_stops_waiting_takes_nothing_with_him(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.store.shut()
        asked = await at.ask([user("One?")])
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(at.recorder.saved(asked[1]))
            await at.store.held.wait()
            waiting.cancel()
        at.store.release()
        await at.recorder.saved(asked[1], at.answer(asked, "Yes."))
        assert await at.said() == [["One?", "Yes."]]


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
        assert all(ticket.safe for _, ticket in asked)
        assert at.recorder.counters.queued_bytes == 0
        ended = [at.answer(one, "Yes.") for one in asked]
        assert all(ticket.safe for ticket in ended)
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
        await at.recorder.saved(ticket)
        assert ticket.standing is None
        at.store.release()
        await at.store.until(lambda records: any(getattr(record, "id", b"") == draft.opened.id for record in records))


async def test_what_comes_while_the_store_stalls_waits_for_nobody(tmp_path: Path) -> None:
    async with desk(tmp_path, commit_seconds=HASTY) as at:
        at.store.shut()
        await at.turn([user("One?")], "Yes.")
        at.recorder.commit_seconds = PATIENT
        asked = await at.ask([user("Two?")])
        assert asked[1].safe
        assert at.answer(asked, "Yes.").safe
        at.store.release()


async def test_what_comes_while_the_store_fails_waits_for_nobody(tmp_path: Path) -> None:
    async with desk(tmp_path, retry_seconds=PATIENT) as at:
        at.store.break_down()
        await at.turn([user("One?")], "Yes.")
        assert at.recorder.counters.failing == "the disk is full; free some space"
        asked = await at.ask([user("Two?")])
        assert asked[1].safe
        assert at.answer(asked, "Yes.").safe


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
    async with desk(tmp_path, works=False) as at:
        at.recorder.counters.stalled = True
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


async def test_the_index_follows_in_a_quiet_moment(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.turn([user("Where is the lighthouse?")], "On the cliff.")
        assert at.recorder.counters.unindexed
        await at.store.indexed.wait()
        assert [hit.text for hit in (await at.store.search(Inquiry("lighthouse"))).hits] == ["Where is the lighthouse?"]
