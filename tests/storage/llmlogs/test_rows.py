"""Columns that may be missing."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from storage.llmlogs.rows import attached, number, text
from storage.llmlogs.values import Attached


def test_what_is_missing_or_of_another_type_is_nothing() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        row = connection.execute("SELECT 1 AS a, 'x' AS b, NULL AS content, NULL AS path").fetchone()
    assert (text(row, "a"), text(row, "b"), text(row, "c")) == ("", "x", "")
    assert (number(row, "a"), number(row, "b"), number(row, "c")) == (1, None, None)
    assert attached(row) == Attached("")
