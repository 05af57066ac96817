"""A request costs what is new in it."""

from __future__ import annotations

import sqlite3

import pytest

from storage.sqlite.writing import Writer
from tests.storage.samples import link, opened, talk


@pytest.mark.parametrize("known", [True, False])
def test_a_turn_costs_what_the_turn_adds(connection: sqlite3.Connection, known: bool) -> None:
    """Whether the writer remembers the conversation or has just started."""
    records = talk(turns=40)[0]
    writer = Writer(connection)
    costs = []
    for at in range(0, len(records), 2):
        if not known:
            writer = Writer(connection)
        statements: list[str] = []
        connection.set_trace_callback(statements.append)
        writer.commit(records[at : at + 2])
        connection.set_trace_callback(None)
        costs.append(len(statements))
    assert costs[2:] == [costs[2]] * 38
    assert costs[2] <= (22 if known else 34)


def test_a_long_first_question_is_cut_to_a_title(connection: sqlite3.Connection) -> None:
    Writer(connection).commit([opened(1, (link("system", "Be brief."), link("user", " so \n" + "very " * 50)))])
    (title,) = connection.execute("SELECT title FROM sessions").fetchone()
    assert title.startswith("so very very")
    assert len(title) == 80
