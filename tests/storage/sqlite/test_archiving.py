"""Rows out of a store and back: all of them, and no more of them than are sound."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from storage.migrate import migrate
from storage.records import Record
from storage.sqlite.archiving import NEEDED, SQL, TABLES
from storage.sqlite.store import SqliteStore, open_memory, open_sqlite
from storage.upkeep import Entry, Scope
from tests.storage.samples import blob, closed, link, opened, talk

DERIVED = {"migrations", "facts", "indexed", "grams", "words", "terms", "documents", "waiting"}
DERIVED |= {"days", "spreads", "balances", "uses", "sqlite_sequence", "aliases"}
"""What each store makes for itself, or knows of its own owners' keys."""

WORKED_OUT = {"marks"}
"""Columns that tell only what other rows do."""


@pytest.fixture
def schema() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, "storage.sqlite")
    return connection


def test_each_table_is_exported(schema: sqlite3.Connection) -> None:
    names = {name for (name,) in schema.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {name for name in names if name not in DERIVED and not name.startswith(("grams_", "words_"))} == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_each_column_is_exported(schema: sqlite3.Connection, table: str) -> None:
    columns = {row[1] for row in schema.execute(f"PRAGMA table_info({table})")} - {"id", "packed", *WORKED_OUT}
    exported = {column[0] for column in schema.execute(SQL[table], (None,)).description}
    assert exported - {"packed", "number"} == columns - {"number"}
    taken = SQL[f"in_{table}"]
    assert {name for name in exported if f":{name}" not in taken} == set()
    assert set(NEEDED.get(table, ())) <= exported


async def entries(store: SqliteStore, scope: Scope | None = None) -> list[Entry]:
    return [entry async for batch in store.upkeep.archive(scope or Scope()) for entry in batch]


async def filled(folder: Path, records: list[Record]) -> SqliteStore:
    store = await open_sqlite(str(folder / "steno.db"))
    await store.write(records)
    return store


async def test_an_export_is_of_one_moment(tmp_path: Path) -> None:
    store = await filled(tmp_path, [opened(number, (link("user", f"Question {number}"),)) for number in range(1, 400)])
    taken: list[Entry] = []
    async for batch in store.upkeep.archive(Scope()):
        taken += batch
        await store.write([opened(1000 + len(taken), (link("user", f"Later {len(taken)}"),))])
    await store.close()
    assert len([entry for entry in taken if entry.table == "exchanges"]) == 399
    assert len([entry for entry in taken if entry.table == "messages"]) == 399


async def test_what_names_something_that_is_not_there_is_refused_and_the_rest_goes_in(tmp_path: Path) -> None:
    records, _ = talk(turns=3)
    (tmp_path / "a").mkdir()
    source = await filled(tmp_path / "a", records)
    found = await entries(source)
    lost = next(
        at for at, entry in enumerate(found) if entry.table == "messages" and entry.fields["parent"] is not None
    )
    broken = [*found[:lost], *found[lost + 1 :]]
    copy = await open_sqlite(str(tmp_path / "copy.db"))
    refused = await copy.upkeep.restore(broken)
    tables = {broken[at].table for at in refused}
    assert {"messages", "exchanges", "places"} <= tables
    kept = len([entry for entry in broken if entry.table == "messages"])
    assert (await copy.totals()).messages == kept - len([at for at in refused if broken[at].table == "messages"])
    assert await copy.upkeep.restore(found) == []
    assert await entries(copy) != []
    await source.close()
    await copy.close()


@pytest.mark.parametrize(
    "entry",
    [
        Entry("strangers", {}),
        Entry("owners", {"hash": b"x" * 16}),
        Entry("prompts", {"digest": b"d", "items": b"\x91\x94\xc4\x01x\xc0\xc4\x00\xc4\x00"}),
    ],
)
async def test_an_entry_that_can_not_be_taken_is_refused(tmp_path: Path, entry: Entry) -> None:
    store = await open_sqlite(str(tmp_path / "steno.db"))
    assert await store.upkeep.restore([entry]) == [0]
    await store.close()


async def test_an_end_is_brought_to_what_was_open(tmp_path: Path) -> None:
    ask = opened(1, (link("user", "Hello"),))
    store = await filled(tmp_path, [ask])
    early = await entries(store)
    answer = link("assistant", "Hi", ask.tip)
    await store.write([closed(1, (answer, link("assistant", "Hey", ask.tip)), raw=blob("raw", b"frames"))])
    late = await entries(store)
    copy = await open_sqlite(str(tmp_path / "copy.db"))
    await copy.upkeep.restore(early)
    await copy.upkeep.restore(late)
    assert await entries(copy) == late
    (exchange,) = [entry for entry in late if entry.table == "exchanges"]
    answers = exchange.fields["answers"]
    assert isinstance(answers, bytes)
    assert msgspec.msgpack.decode(answers)[0][0] == answer.digest
    await store.close()
    await copy.close()


async def test_a_store_in_memory_is_exported_too() -> None:
    store = await open_memory()
    await store.write([opened(1, (link("user", "Hello"),))])
    assert {entry.table for entry in await entries(store)} == {"owners", "sessions", "messages", "exchanges", "places"}
    await store.close()
