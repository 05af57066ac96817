"""The file and its failures: full, locked, shared with other processes, small."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from storage.inquiries import Inquiry
from storage.opening import open_store
from storage.ports import StoreError
from storage.records import Record
from storage.sqlite.store import SqliteStore, open_sqlite
from tests.storage.samples import Conversation, closed, link, opened, uid


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "steno.db"


@pytest_asyncio.fixture
async def store(file: Path) -> AsyncIterator[SqliteStore]:
    store = await open_sqlite(str(file), busy_seconds=0.01)
    yield store
    await store.close()


async def test_a_full_disk_is_a_store_error_and_leaves_nothing_half_written(store: SqliteStore) -> None:
    await store.write([opened(1)])

    def limit(connection: sqlite3.Connection) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 5}")

    await store._database.run(limit)
    large = opened(2, (link("user", "x" * 200_000),), 1)
    with pytest.raises(StoreError, match="disk is full") as raised:
        await store.write([opened(3), large])
    assert not raised.value.refused
    assert [row.id for row in await store.exchanges()] == [uid(1)]
    await store._database.run(lambda connection: connection.execute("PRAGMA max_page_count = 100000").fetchone())
    await store.write([opened(3), large])
    assert len(await store.exchanges()) == 3
    assert (await store.health()).faults == ()


async def test_a_probe_fails_where_the_store_takes_no_page_and_changes_nothing_where_it_does(
    store: SqliteStore, file: Path
) -> None:
    await store.write([opened(1)])
    before = await store.totals()
    await store.probe()
    assert await store.totals() == before
    await store._database.run(lambda connection: connection.execute("PRAGMA query_only = ON").close())
    with pytest.raises(StoreError, match="not writable"):
        await store.probe()


async def test_a_locked_store_is_a_store_error_and_takes_records_again_later(store: SqliteStore, file: Path) -> None:
    await store.write([opened(1, (link("user", "Hello"),))])
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for asked in (store.write([opened(2)]), store.index(10)):
        with pytest.raises(StoreError, match="another program holds the store's lock"):
            await asked
    assert len(await store.exchanges()) == 1
    other.execute("ROLLBACK")
    other.close()
    await store.write([opened(2)])
    assert len(await store.exchanges()) == 2


async def test_an_index_that_fails_is_brought_up_later(store: SqliteStore) -> None:
    await store.write([opened(1, (link("user", "whale"),))])
    await store._database.run(lambda connection: connection.execute("ALTER TABLE grams RENAME TO away"))
    with pytest.raises(StoreError):
        await store.index(10)
    await store._database.run(lambda connection: connection.execute("ALTER TABLE away RENAME TO grams"))
    assert (await store.health()).unindexed == 1
    assert await store.index(10) == 0
    assert len((await store.search(Inquiry("whale"))).hits) == 1


async def test_two_processes_write_to_one_store(store: SqliteStore, file: Path) -> None:
    """Each forgets what it knew when the other has written."""
    ask = link("user", "Hello")
    second = await open_sqlite(str(file))
    await store.write([opened(1, (ask,))])
    answer = link("assistant", "Hi", ask.digest)
    await second.write([opened(2, (ask,), 1), closed(1, (answer,))])
    await store.write([closed(1, (answer,)), opened(3, (link("user", "So?", answer.digest),), 1)])
    await second.close()
    (row,) = await store.sessions()
    assert (row.exchanges, row.messages, row.ai_messages) == (3, 3, 1)


KILLED = """
import asyncio, sys
from storage.opening import open_store
from storage.records import Checkpointed
from tests.storage.samples import RUN, opened, uid

async def main():
    store = await open_store(sys.argv[1])
    await store.hold(RUN)
    await store.write([opened(1), Checkpointed(uid(1), 0, b"so far")])
    print("written", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_what_a_killed_process_left_open_is_found(store: SqliteStore, file: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, f"sqlite:///{file}", stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"written\n"
    assert await store.orphans() == []
    process.kill()
    await process.wait()
    (orphan,) = await store.orphans()
    assert (orphan.exchange, orphan.data) == (uid(1), b"so far")


async def test_a_lock_that_is_held_elsewhere_is_a_store_error(store: SqliteStore, file: Path) -> None:
    other = await open_sqlite(str(file))
    await other.hold(b"run")
    with pytest.raises(StoreError, match="takes no lock file"):
        await store.hold(b"run")
    await other.close()


async def test_a_damaged_value_is_a_store_error(store: SqliteStore) -> None:
    await store.write([opened(1), closed(1, residue=b"\x90")])
    await store._database.run(
        lambda connection: connection.execute("UPDATE exchanges SET reply_residue = x'ff'").close()
    )
    with pytest.raises(StoreError):
        await store.reply(uid(1))


WORDS = Path(__file__).read_text(encoding="utf-8").split()


def talk(turns: int) -> list[Record]:
    """A long conversation of messages of about 400 bytes."""
    chosen = random.Random(7)  # noqa: S311 (nothing secret)
    conversation = Conversation(1, tools=b'[{"type":"function","function":{"name":"f"}}]')
    records: list[Record] = []
    for turn in range(turns):
        records.append(conversation.ask(f"{turn} " + " ".join(chosen.choices(WORDS, k=40)))[0])
        records.append(conversation.answer(f"{turn} " + " ".join(chosen.choices(WORDS, k=40)))[0])
    return records


async def size(folder: Path, turns: int) -> tuple[int, int]:
    """The bytes of a conversation's unique messages, and of the file that holds it."""
    file = folder / f"{turns}.db"
    store = await open_store(f"sqlite:///{file}")
    records = talk(turns)
    for start in range(0, len(records), 8):
        await store.write(records[start : start + 8])
    while await store.index(100):
        pass
    (session,) = await store.sessions()
    rows = await store.messages(session.id)
    assert len(rows) == 2 * turns
    await store.close()
    return sum(len(row.body) for row in rows), file.stat().st_size


async def test_a_long_conversation_takes_little_more_than_its_messages(tmp_path: Path) -> None:
    _, empty = await size_of_empty(tmp_path)
    half_messages, half = await size(tmp_path, 100)
    messages, whole = await size(tmp_path, 200)
    assert 300 < messages / 400 < 500
    assert whole < 6 * messages
    growth = (whole - half) / (half - empty)
    assert 0.8 < growth < 1.25  # in pages, of which the index takes and frees several at once
    assert half_messages < messages


async def size_of_empty(folder: Path) -> tuple[int, int]:
    file = folder / "empty.db"
    await (await open_store(f"sqlite:///{file}")).close()
    return 0, file.stat().st_size


def moved(file: Path, target: Path) -> None:
    file.rename(target)


async def test_nothing_is_written_into_a_file_that_was_taken_away(store: SqliteStore, file: Path) -> None:
    await store.write([opened(1)])
    aside = file.with_name("aside.db")
    moved(file, aside)
    for asked in (store.write([opened(2)]), store.probe()):
        with pytest.raises(StoreError, match="moved, deleted or replaced"):
            await asked
    moved(aside, file)
    await store.write([opened(2)])
    assert len(await store.exchanges()) == 2
