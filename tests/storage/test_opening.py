"""A store by its URL, and what is said of one that can't be opened."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from storage.opening import open_store
from storage.ports import StoreError
from tests.storage.samples import opened


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("url", ["sqlite://:memory:", "sqlite:///:memory:"])
async def test_memory_has_two_spellings(url: str) -> None:
    store = await open_store(url)
    await store.write([opened(1)])
    assert len(await store.exchanges()) == 1
    await store.close()


async def test_only_its_user_may_read_a_store_that_was_made(tmp_path: Path) -> None:
    file = tmp_path / "new folder#1?" / "steno%.db"
    store = await open_store(f"sqlite:///{file}")
    await store.write([opened(1)])
    assert mode(file.parent) == 0o700
    assert {mode(path) for path in file.parent.iterdir()} == {0o600}
    assert len(await store.exchanges()) == 1
    await store.close()
    assert names(file.parent) == ["steno%.db"]


async def test_a_relative_path_is_one_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = await open_store("sqlite:///here.db")
    await store.close()
    assert (tmp_path / "here.db").exists()


@pytest.mark.parametrize("url", ["sqlite:///", "mysql://x", "steno.db", ""])
async def test_other_urls_are_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(StoreError, match="sqlite:///PATH"):
        await open_store(url)


async def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="can't be made"):
        await open_store(f"sqlite:///{tmp_path}/file/steno.db")


async def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "steno.db").write_bytes(b"not a database, certainly not one\n" * 99)
    with pytest.raises(StoreError, match="no SQLite database"):
        await open_store(f"sqlite:///{tmp_path}/steno.db")


async def test_a_folder_in_place_of_the_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="can't be opened"):
        await open_store(f"sqlite:///{tmp_path}")


async def test_a_store_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/steno.db"
    await (await open_store(url)).close()
    connection = sqlite3.connect(tmp_path / "steno.db")
    connection.execute("INSERT INTO migrations VALUES (999, 'x')")
    connection.commit()
    connection.close()
    for readonly in (False, True):
        with pytest.raises(StoreError, match="upgrade Steno"):
            await open_store(url, readonly=readonly)


async def test_one_that_is_only_read_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store at"):
        await open_store(f"sqlite:///{tmp_path}/none/steno.db", readonly=True)
    assert names(tmp_path) == []


async def test_one_that_is_only_read_must_be_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "steno.db").touch()
    with pytest.raises(StoreError, match="brings it up to date"):
        await open_store(f"sqlite:///{tmp_path}/steno.db", readonly=True)


async def test_one_that_is_only_read_takes_no_records(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/steno.db"
    writing = await open_store(url)
    await writing.write([opened(1)])
    reading = await open_store(url, readonly=True)
    assert len(await reading.exchanges()) == 1
    with pytest.raises(StoreError, match="not writable"):
        await reading.write([opened(2)])
    await writing.write([opened(2)])
    assert len(await reading.exchanges()) == 2
    await reading.close()
    await writing.close()
