"""Statements are found by their headings."""

from __future__ import annotations

import sqlite3

import pytest

from storage.migrate import migrate
from storage.queries import load_queries

FILES = ("finding.sql", "reading.sql", "writing.sql")


def test_a_statement_has_its_name_and_no_semicolon() -> None:
    queries = load_queries("storage.sqlite", "writing.sql")
    assert queries["owner_of"] == "SELECT id FROM owners WHERE hash = ?"


@pytest.mark.parametrize("file", FILES)
def test_every_statement_is_one_that_the_schema_knows(file: str) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, "storage.sqlite")
    for sql in load_queries("storage.sqlite", file).values():
        connection.execute(f"EXPLAIN {sql}", [None] * 32 if sql.count("?") == 0 else _blanks(sql))
    connection.close()


def _blanks(sql: str) -> list[None]:
    connection = sqlite3.connect(":memory:")
    numbered = [int(piece[0]) for piece in sql.split("?")[1:] if piece[:1].isdigit()]
    connection.close()
    return [None] * (max(numbered) if numbered else sql.count("?"))


@pytest.mark.parametrize("file", FILES)
def test_every_statement_is_used(file: str) -> None:
    from importlib import resources

    code = "".join(
        piece.read_text() for piece in resources.files("storage.sqlite").iterdir() if piece.name.endswith(".py")
    )
    unused = [name for name in load_queries("storage.sqlite", file) if f'"{name}"' not in code]
    assert unused == []
