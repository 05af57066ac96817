"""Backups."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.opening import open_store
from storage.ports import StoreError
from storage.sqlite.store import open_memory, open_sqlite
from tests.storage.samples import link, opened


async def test_a_backup_is_a_store(tmp_path: Path) -> None:
    store = await open_sqlite(str(tmp_path / "steno.db"))
    await store.write([opened(1, (link("user", "Hello"),))])
    secret = await store.secret()
    size = await store.upkeep.backup(str(tmp_path / "to" / "copy.db"))
    copy = await open_store(f"sqlite:///{tmp_path}/to/copy.db")
    assert (await copy.totals(), await copy.secret()) == (await store.totals(), secret)
    assert size == (tmp_path / "to" / "copy.db").stat().st_size
    await store.close()
    await copy.close()


async def test_a_backup_goes_into_a_new_file_that_can_be_made(tmp_path: Path) -> None:
    store = await open_memory()
    (tmp_path / "there").touch()
    for path, why in ((tmp_path / "there", "is there already"), (tmp_path / "there" / "below", "can't be made")):
        with pytest.raises(StoreError, match=why):
            await store.upkeep.backup(str(path))
    await store.close()
