"""Steps of times, and the names of apps."""

from __future__ import annotations

import sqlite3

import pytest

from storage.sqlite.statistics import app, drop, percentile, step, take


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
