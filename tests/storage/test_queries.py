"""Statements are found by their headings, and each is one that the schema knows and somebody asks for."""

from __future__ import annotations

import re
import sqlite3
from importlib import resources

import pytest

from storage.migrate import migrate
from storage.queries import load_queries

PACKAGE = "storage.sqlite"
FILES = ("finding.sql", "reading.sql", "writing.sql")


def test_a_statement_has_its_name_and_no_semicolon() -> None:
    assert load_queries(PACKAGE, "writing.sql")["owner_of"] == "SELECT id FROM owners WHERE hash = ?"


def test_what_several_statements_select_stands_in_each_of_them() -> None:
    listing, reading = load_queries(PACKAGE, "listing.sql"), load_queries(PACKAGE, "reading.sql")
    columns = reading["exchanges"].partition("\nFROM")[0]
    assert columns.startswith("SELECT e.uid, coalesce(s.uid, x''), e.match")
    assert listing["exchange"].startswith(f"{columns}\nFROM")


@pytest.mark.parametrize("file", FILES)
def test_every_statement_is_one_that_the_schema_knows(file: str) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, PACKAGE)
    for sql in load_queries(PACKAGE, file).values():
        connection.execute(f"EXPLAIN {sql}", blanks(sql))
    connection.close()


def blanks(sql: str) -> list[None]:
    """As many as the statement has parameters, numbered or not."""
    numbers = [int(digits) if digits else 0 for digits in re.findall(r"\?(\d*)", sql)]
    return [None] * (max(numbers, default=0) or len(numbers))


@pytest.mark.parametrize("file", FILES)
def test_every_statement_is_used(file: str) -> None:
    files = [piece for piece in resources.files(PACKAGE).iterdir() if piece.name.endswith(".py")]
    code = "".join(piece.read_text() for piece in files)
    assert [name for name in load_queries(PACKAGE, file) if f'"{name}"' not in code] == []
