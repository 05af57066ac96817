"""What is found stays cheap where many sessions begin alike."""

from __future__ import annotations

import re
import sqlite3

import pytest

from storage.records import Lookup, Record
from storage.sqlite.finding import SQL, find
from storage.sqlite.writing import Writer
from tests.storage.samples import OWNER, closed, link, opened, uid


def test_a_greeting_that_many_sessions_share_costs_what_is_looked_at(connection: sqlite3.Connection) -> None:
    ask = link("user", "Hello")
    answer = link("assistant", "Hi", ask.digest)
    records: list[Record] = []
    for number in range(1, 1000):
        own = link("user", f"I am {number}", answer.digest)
        records += [opened(number, (ask,)), closed(number, (answer,)), opened(number + 5000, (own,), number)]
    Writer(connection).commit(records)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 100)
    found = find(connection, Lookup(OWNER, anchor=answer.digest), 1)
    connection.set_progress_handler(None, 100)
    assert len(found.anchored) == 100
    assert found.anchored[0].session == uid(999)
    assert steps < 100


def test_an_unknown_owner_is_not_looked_for_further(connection: sqlite3.Connection) -> None:
    assert find(connection, Lookup(b"nobody", name="x"), None).named == b""


@pytest.mark.parametrize(("name", "query"), sorted(SQL.items()))
def test_a_search_is_planned_once(connection: sqlite3.Connection, name: str, query: str) -> None:
    """SQLite plans anew where a value that is bound might allow an index that holds certain rows alone."""
    values = (1,) * max(int(number) for number in re.findall(r"\?(\d)", query))
    planned: list[str] = []

    def plan(*_: object) -> int:
        planned.append(name)
        return sqlite3.SQLITE_OK

    connection.set_authorizer(plan)
    connection.execute(query, values).fetchall()
    assert planned
    planned.clear()
    connection.execute(query, values).fetchall()
    connection.set_authorizer(None)
    assert planned == []
