"""Logs, put together from several tables."""

from __future__ import annotations

import sqlite3

from storage.listings import EventFilter
from storage.sqlite.events import events
from storage.sqlite.writing import Writer
from tests.storage.samples import closed, link, opened


def test_what_arrives_after_the_first_page_is_on_no_later_one(connection: sqlite3.Connection) -> None:
    writer = Writer(connection)
    writer.commit([opened(1, (link("user", "one"),)), opened(2, (link("user", "two"),))])
    first = events(connection, EventFilter(), (), 1)
    writer.commit([closed(1, ending="upstream_cut")])
    rest = events(connection, EventFilter(), first.next, 5)
    assert [row.text for row in (*first.rows, *rest.rows)] == ["two", "one"]


def test_the_failed_exchanges_are_found_by_their_index(connection: sqlite3.Connection) -> None:
    plan = connection.execute(
        "EXPLAIN QUERY PLAN SELECT id FROM exchanges INDEXED BY exchanges_failed WHERE id < 9 AND ended_at IS NOT NULL "
        "AND (ending != 'complete' OR status >= 400 OR error_message != '')"
    ).fetchall()
    assert "exchanges_failed" in plan[0][3]
