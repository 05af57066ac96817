"""What an erased session leaves in the tables: nothing."""

from __future__ import annotations

import sqlite3

from storage.records import Checkpointed, Posted
from storage.sqlite.erasing import erase
from storage.sqlite.indexing import index
from storage.sqlite.writing import Writer
from tests.storage.samples import SECOND, opened, talk, uid

KEPT = {"owners", "migrations", "facts", "indexed", "gaps", "days", "spreads", "balances", "terms"}


def test_no_table_holds_a_row_of_it(connection: sqlite3.Connection) -> None:
    posted = Posted(uid(60), uid(1), SECOND, "decision", "assistant", "go")
    records = [*talk(1, turns=3)[0], opened(70, (), 1), Checkpointed(uid(70), 1, b"data: "), posted]
    Writer(connection).commit(records)
    index(connection, 100)
    assert erase(connection, uid(1))
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    ours = [name for name in tables if name not in KEPT and not name.startswith(("grams", "words", "sqlite_"))]
    counts = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ours}  # noqa: S608
    assert set(counts.values()) == {0}, counts
