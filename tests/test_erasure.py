"""Erasing a session while others, and its own requests, are being recorded."""

from __future__ import annotations

from pathlib import Path

from proxy.erasure import Erased, Eraser
from proxy.spool import Spool
from storage.records import Checkpointed
from tests.desks import HASTY, PATIENT, Desk, Talk, desk, heir, user


async def only_session(at: Desk) -> bytes:
    (row,) = await at.store.port.sessions()
    return row.id


async def test_a_request_under_way_goes_with_its_session(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        asked = await at.ask([user("One?")])
        await at.recorder.saved(asked[1])
        assert await Eraser(at.store.port, at.recorder).erase(await only_session(at)) == Erased()
        at.recorder.checkpoint(Checkpointed(asked[0].opened.id, 1, b"Ye"))
        await at.recorder.saved(at.answer(asked, "Yes."))
        assert await at.said() == []
        totals = await at.store.totals()
        assert (totals.exchanges, totals.messages, totals.lost) == (0, 0, 0)


async def test_a_conversation_that_goes_on_is_recorded_anew(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        talk: Talk = [user("One?")]
        await at.turn(talk, "Yes.")
        erased = await only_session(at)
        await Eraser(at.store.port, at.recorder).erase(erased)
        talk.append(user("And?"))
        exchange = await at.turn(talk, "No.")
        assert await at.said() == [["One?", "Yes.", "And?", "No."]]
        assert await only_session(at) != erased
        assert await at.store.sent(exchange) is not None


async def test_a_process_learns_of_the_erasures_of_others(tmp_path: Path) -> None:
    async with desk(tmp_path) as ours, desk(tmp_path, name="theirs") as theirs:
        talk: Talk = [user("One?")]
        await ours.turn(talk, "Yes.")
        await Eraser(theirs.store.port, theirs.recorder).erase(await only_session(ours))
        talk.append(user("And?"))
        await ours.turn(talk, "No.")
        assert await ours.said() == [["One?", "Yes.", "And?", "No."]]


async def test_what_waits_in_the_spool_goes_with_its_session(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        talk: Talk = [user("One?")]
        await at.turn(talk, "Yes.")
        at.store.break_down()
        talk.append(user("And?"))
        await at.turn(talk, "No.")
        assert at.spool.pending
        at.store.repair()
        assert await Eraser(at.store.port, at.recorder).erase(await only_session(at)) == Erased()
        assert await at.said() == []
        assert not at.spool.pending


async def test_what_a_process_that_died_left_goes_too(tmp_path: Path) -> None:
    async with desk(tmp_path, retry_seconds=PATIENT) as at:
        talk: Talk = [user("One?")]
        await at.turn(talk, "Yes.")
        at.store.break_down()
        talk.append(user("And?"))
        await at.turn(talk, "No.")
    async with heir(tmp_path) as at:
        assert await Eraser(at.store.port, at.recorder).erase(await only_session(at)) == Erased()
        assert await at.said() == []


async def test_an_erasure_waits_for_the_spools_of_others_only_so_long(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.turn([user("One?")], "Yes.")
        other = Spool(tmp_path / "spool", "other", 1 << 20, synced=False)
        other.append([Checkpointed(b"e" * 16, 1, b"x")])
        try:
            erased = await Eraser(at.store.port, at.recorder, 0.1).erase(await only_session(at))
        finally:
            other.close()
        assert erased == Erased(spooled=True)
        assert await at.said() == []


async def test_a_recorder_that_is_behind_is_waited_for_only_so_long(tmp_path: Path) -> None:
    async with desk(tmp_path, retry_seconds=PATIENT) as at:
        await at.turn([user("One?")], "Yes.")
        session = await only_session(at)
        at.store.break_down()
        await at.turn([user("Two?")], "Yes.")
        assert await Eraser(at.store.port, at.recorder, HASTY).erase(session) == Erased(spooled=True)
        assert await at.said() == []


async def test_what_two_sessions_sent_can_be_rebuilt_when_one_of_them_is_gone(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        exchanges: list[bytes] = []
        for words in ("And?", "Or?"):
            talk: Talk = [user("One?")]
            exchanges.append(await at.turn(talk, "Yes."))
            talk.append(user(words))
            exchanges.append(await at.turn(talk, "No."))
        sent = [await at.store.sent(exchange) for exchange in exchanges]
        rows = sorted(await at.store.port.sessions(), key=lambda row: row.created_at)
        assert await Eraser(at.store.port, at.recorder).erase(rows[0].id) == Erased()
        assert [await at.store.sent(exchange) for exchange in exchanges] == [None, None, *sent[2:]]
        assert None not in sent
