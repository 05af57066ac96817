"""Steps of times, and the names of apps."""

from __future__ import annotations

import sqlite3

import pytest

from storage.sqlite.indexing import index
from storage.sqlite.statistics import app, drop, percentile, statistics, step, take
from storage.sqlite.writing import Writer
from tests.storage.samples import closed, link, opened


@pytest.mark.parametrize("micros", [1, 10, 999, 1_000_000, 3_600_000_000])
def test_a_time_lies_within_a_twentieth_of_its_step(micros: int) -> None:
    assert percentile({step(micros): 3}, 0.5) == pytest.approx(micros, rel=0.05, abs=1)


def test_a_percentile_of_nothing_is_unknown() -> None:
    assert percentile({}, 0.5) is None
    assert step(0) == step(-5) == 0


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("OpenAI/Python 3.3.0", "OpenAI/Python"),
        ("codex_cli_rs/0.169.0 (Linux) x", "codex_cli_rs"),
        ("curl/8.5", "curl"),
        ("node", "node"),
        ("app/v2", "app"),
        ("", ""),
    ],
)
def test_an_app_is_named_without_its_version(agent: str, name: str) -> None:
    assert app(agent) == name


def test_in_an_empty_store_nothing_waits(connection: sqlite3.Connection) -> None:
    assert take(connection, 10) == 0
    drop(connection, 0)


def requests(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many are told, and how many of them are in a day's sums."""
    (counted,) = connection.execute("SELECT coalesce(sum(requests), 0) FROM days").fetchone()
    return statistics(connection, None, 0, 0).totals.requests, counted


def test_an_exchange_that_ends_after_later_ones_were_counted_is_counted_once(connection: sqlite3.Connection) -> None:
    writer = Writer(connection)
    writer.commit([opened(1, (link("user", "one"),)), opened(2, (link("user", "two"),)), closed(2)])
    assert (requests(connection), index(connection, 10), requests(connection)) == ((1, 0), 0, (1, 1))
    writer.commit([closed(1)])
    assert requests(connection) == (2, 1)
    index(connection, 10)
    index(connection, 10)
    assert requests(connection) == (2, 2)
