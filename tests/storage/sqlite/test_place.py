"""A file that is no longer where it was opened is no place for records."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.ports import StoreError
from storage.sqlite.place import Place


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "steno.db"
    file.write_bytes(b"a store")
    return file


def test_a_file_that_stays_is_in_its_place(file: Path) -> None:
    place = Place(file)
    file.write_bytes(b"a store that grew")
    place.check()


def test_a_file_that_was_deleted_is_not(file: Path) -> None:
    place = Place(file)
    file.unlink()
    with pytest.raises(StoreError, match="moved, deleted or replaced"):
        place.check()


def test_nor_is_one_that_another_took_the_name_of(file: Path) -> None:
    place = Place(file)
    other = file.with_name("restored.db")
    other.write_bytes(b"a store")
    other.rename(file)
    with pytest.raises(StoreError, match="moved, deleted or replaced"):
        place.check()


def test_a_file_that_is_put_back_is(file: Path) -> None:
    place = Place(file)
    aside = file.rename(file.with_name("aside.db"))
    with pytest.raises(StoreError):
        place.check()
    aside.rename(file)
    place.check()


def test_a_store_in_memory_is_always_in_its_place() -> None:
    Place(None).check()
