"""Rows read as values."""

from __future__ import annotations

import sqlite3

from storage.sqlite.reading import exchanges, session
from storage.sqlite.writing import Writer
from tests.storage.samples import opened, uid


def test_the_last_id_of_a_prefix_is_found_by_it(connection: sqlite3.Connection) -> None:
    Writer(connection).commit([opened(0xABCDEF << 104 | (1 << 104) - 1), opened(0xABCDF0 << 104)])
    found = session(connection, "abcdef", None)
    assert found is not None
    assert found.id.hex() == "abcdef" + "f" * 26


def test_flags_are_true_or_false(connection: sqlite3.Connection) -> None:
    Writer(connection).commit([opened(1, stream=True, parsed=False)])
    (row,) = exchanges(connection, uid(1), 10)
    assert (row.stream, row.parsed) == (True, False)
