"""What is old, and when it goes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from proxy.erasure import Eraser
from proxy.retention import DAY, Retention, horizon
from tests.desks import START, Desk, desk, draft_of, user


def retention(at: Desk, days: int, later: int) -> Retention:
    return Retention(Eraser(at.store.port, at.recorder), days, lambda: START + later * DAY)


async def aged(at: Desk) -> None:
    """A session of today, and one of ten days ago."""
    await at.turn([user("Old?")], "Yes.")
    at.clock.at += 10 * DAY
    await at.turn([user("New?")], "Yes.")


def test_what_is_old_is_counted_in_days() -> None:
    assert horizon(10 * DAY, 3) == 7 * DAY


def test_with_no_days_nothing_is_ever_old() -> None:
    assert horizon(10 * DAY, 0) == 0


async def test_old_sessions_are_erased_at_the_start(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await aged(at)
        keeper = retention(at, 5, 11)
        sweeping = asyncio.get_running_loop().create_task(keeper.run())
        await keeper.swept.wait()
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)
        assert await at.said() == [["New?", "Yes."]]


async def test_activity_keeps_a_session_young(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        talk = [user("One?")]
        await at.turn(talk, "Yes.")
        at.clock.at += 10 * DAY
        talk.append(user("Two?"))
        await at.turn(talk, "Yes.")
        assert await retention(at, 5, 11).sweep(horizon(START + 11 * DAY, 5)) == 0
        assert await at.said() == [["One?", "Yes.", "Two?", "Yes."]]


async def test_everything_is_kept_for_ever_unless_it_is_said(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await aged(at)
        assert await retention(at, 0, 10_000).sweep(horizon(START + 10_000 * DAY, 0)) == 0
        assert len(await at.said()) == 2


async def test_exchanges_of_no_session_grow_old_too(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        draft = draft_of([user("One?")])
        plain = msgspec.structs.replace(draft.opened, parsed=False, prompt=None, residue=b"", blobs=())
        await at.store.write([plain])
        await retention(at, 1, 3).sweep(START + 2 * DAY)
        assert await at.store.exchanges() == []


async def test_a_store_that_fails_is_tried_again_later(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await aged(at)
        await at.store.close()
        await retention(at, 0, 11)._logged(0)


async def test_one_process_does_it_for_all(tmp_path: Path) -> None:
    async with desk(tmp_path) as ours, desk(tmp_path, name="theirs") as theirs:
        await aged(ours)
        await retention(theirs, 0, 11)._logged(0)
        await retention(ours, 0, 11)._logged(START + 20 * DAY)
        assert len(await ours.said()) == 2
