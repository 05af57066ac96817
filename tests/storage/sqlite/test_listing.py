"""Pages of rows."""

from __future__ import annotations

import sqlite3

from storage.listings import SessionFilter
from storage.sqlite.listing import sessions
from storage.sqlite.writing import Writer
from tests.storage.samples import opened, uid


def test_a_page_that_ends_with_the_last_row_is_the_last_page(connection: sqlite3.Connection) -> None:
    Writer(connection).commit([opened(1), opened(2)])
    page = sessions(connection, SessionFilter(), (), 2)
    assert ([row.id for row in page.rows], page.next) == ([uid(2), uid(1)], ())
