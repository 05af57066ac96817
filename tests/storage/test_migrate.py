"""A store is brought up to date once, or refused with a sentence."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.migrate import migrate, migrations, statements
from storage.ports import StoreError

PACKAGE = "storage.sqlite"


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package of two steps, the second of which fails at its end."""
    folder = tmp_path / "stepwise" / "migrations"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "0001_one.sql").write_text("CREATE TABLE one (a);\n")
    (folder / "notes.txt").write_text("no step\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "stepwise"
    sys.modules.pop("stepwise", None)


def schema(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()


def test_the_schema_equals_its_replayed_migrations(connection: sqlite3.Connection) -> None:
    version = migrate(connection, PACKAGE)
    replayed = sqlite3.connect(":memory:", isolation_level=None)
    for step in migrations(PACKAGE):
        replayed.executescript(step.sql)
    assert [row for row in schema(connection) if row[0] != "migrations"] == schema(replayed)
    assert version == len(migrations(PACKAGE))
    replayed.close()


def test_a_second_time_changes_nothing_and_takes_no_lock(tmp_path: Path) -> None:
    one, two = (sqlite3.connect(tmp_path / "s.db", isolation_level=None, timeout=0) for _ in range(2))
    migrate(one, PACKAGE)
    before = schema(one)
    two.execute("BEGIN IMMEDIATE")
    assert migrate(one, PACKAGE) == migrations(PACKAGE)[-1].number
    assert schema(one) == before
    two.close()
    one.close()


def test_a_newer_store_is_refused_with_a_sentence(connection: sqlite3.Connection) -> None:
    migrate(connection, PACKAGE)
    connection.execute("INSERT INTO migrations VALUES (999, 'x')")
    with pytest.raises(StoreError, match=r"version 999.*upgrade Steno"):
        migrate(connection, PACKAGE)


def test_a_step_that_was_changed_is_refused(connection: sqlite3.Connection) -> None:
    migrate(connection, PACKAGE)
    connection.execute("UPDATE migrations SET checksum = 'x' WHERE number = 1")
    with pytest.raises(StoreError, match="migration 1 "):
        migrate(connection, PACKAGE)


def test_only_what_is_missing_is_applied(connection: sqlite3.Connection, package: str, tmp_path: Path) -> None:
    assert migrate(connection, package) == 1
    (tmp_path / package / "migrations" / "0002_two.sql").write_text("CREATE TABLE two (a);\nCREATE TABLE three (a);\n")
    assert migrate(connection, package) == 2
    assert {name for name, _ in schema(connection)} == {"migrations", "one", "two", "three"}


def test_a_step_that_fails_leaves_nothing(connection: sqlite3.Connection, package: str, tmp_path: Path) -> None:
    (tmp_path / package / "migrations" / "0002_two.sql").write_text("CREATE TABLE two (a);\nCREATE TABLE one (a);\n")
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, package)
    assert schema(connection) == []
    assert not connection.in_transaction


def test_a_script_is_cut_where_its_statements_end() -> None:
    assert statements("-- a;\nSELECT ';';\n\nSELECT\n 2;\n") == ["-- a;\nSELECT ';';\n", "\nSELECT\n 2;\n"]
