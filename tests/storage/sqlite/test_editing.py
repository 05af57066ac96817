"""Changes by hand, as rows."""

from __future__ import annotations

import sqlite3

from storage.sqlite.editing import split
from storage.sqlite.writing import Writer
from tests.storage.samples import closed, link, opened, uid


def test_a_message_that_nothing_follows_any_more_is_continued_no_longer(connection: sqlite3.Connection) -> None:
    ask = opened(1, (link("user", "Hello"),))
    answer = link("assistant", "Hi", ask.tip)
    Writer(connection).commit([ask, closed(1, (answer,)), opened(2, (link("user", "more", answer.digest),), 1)])
    assert split(connection, uid(1), 3, uid(9))
    rows = connection.execute("SELECT session, message, continued FROM places ORDER BY session, id").fetchall()
    assert rows == [(1, 1, 0), (1, 2, 0), (2, 1, 0), (2, 2, 1), (2, 3, 0)]
