"""A program's access to its store."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.sessions.desk import Desk
from proxy.sessions.faults import StorageError
from storage.ports import StoreError


async def test_a_store_that_is_held_stays_the_same(tmp_path: Path) -> None:
    desk = Desk(f"sqlite:///{tmp_path}/steno.db")
    await desk.hold()
    await desk.hold()
    async with desk.store() as one, desk.store() as two:
        assert one is two
    await desk.release()
    await desk.release()
    async with desk.store() as other:
        assert other is not one


async def test_callers_without_a_key_are_one_owner(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/steno.db"
    assert await Desk(url).owner() == await Desk(url).owner()


async def test_the_stores_errors_are_ours(tmp_path: Path) -> None:
    desk = Desk(f"sqlite:///{tmp_path}/steno.db")

    async def fail() -> None:
        async with desk.store():
            message = "the disk is full"
            raise StoreError(message)

    with pytest.raises(StorageError, match="full"):
        await fail()
