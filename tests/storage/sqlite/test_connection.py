"""A database thread, its errors as sentences, and connections that are lent."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

import msgspec
import pytest

from storage.ports import StoreError
from storage.sqlite.connection import MEMORY, Readers, open_database


def raising(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (sqlite3.OperationalError("odd"), False),
        (sqlite3.IntegrityError("twice"), True),
        (sqlite3.DataError("too big"), True),
        (OverflowError("too large"), True),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), True),
        (zlib.error("damaged"), True),
        (msgspec.DecodeError("damaged"), True),
    ],
)
async def test_whatever_goes_wrong_is_a_store_error(error: Exception, refused: bool) -> None:
    database = await open_database(MEMORY, writes=True)
    with pytest.raises(StoreError, match=type(error).__name__) as raised:
        await database.run(lambda _: raising(error))
    assert raised.value.refused is refused
    await database.close()


async def test_a_closed_database_says_so() -> None:
    database = await open_database(MEMORY, writes=True)
    await database.close()
    with pytest.raises(StoreError, match="closed"):
        await database.run(lambda connection: connection.execute("SELECT 1").fetchone())


async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="can't be opened"):
        await open_database(str(tmp_path / "none.db"), writes=True)
    assert not (tmp_path / "none.db").exists()


async def test_a_reader_changes_nothing_and_is_lent_again(tmp_path: Path) -> None:
    path = str(tmp_path / "s.db")
    sqlite3.connect(path).close()
    readers = Readers(path, size=1)
    async with readers.lend() as first:
        with pytest.raises(StoreError, match="not writable"):
            await first.run(lambda connection: connection.execute("CREATE TABLE t (a)"))
    async with readers.lend() as second:
        assert second is first
    await readers.close()
    await readers.close()
    with pytest.raises(StoreError, match="closed"):
        async with readers.lend():
            pass


async def test_a_reader_that_cannot_open_is_given_back(tmp_path: Path) -> None:
    readers = Readers(str(tmp_path / "none.db"), size=1)
    for _ in range(2):
        with pytest.raises(StoreError):
            async with readers.lend():
                pass
    await readers.close()


async def test_values_are_bound_as_they_are() -> None:
    database = await open_database(MEMORY, writes=True)
    query = "SELECT ?1 IS NULL, ?2, typeof(?2), ?3, typeof(?3)"
    row = await database.run(lambda connection: connection.execute(query, (None, True, b"a\0b")).fetchone())
    assert row == (1, 1, "integer", b"a\0b", "blob")
    await database.close()
