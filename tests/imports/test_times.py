"""The times of others."""

from __future__ import annotations

import pytest

from proxy.imports.times import micros

NOON = 1_782_129_600_000_000


@pytest.mark.parametrize(
    "value",
    [
        NOON / 1e6,
        NOON // 1000,
        NOON,
        NOON * 1000,
        "2026-06-22T12:00:00Z",
        "2026-06-22 12:00:00",
        "2026-06-22T14:00:00+02:00",
    ],
)
def test_a_time_is_the_same_however_it_is_written(value: object) -> None:
    assert micros(value) == NOON


@pytest.mark.parametrize("value", [None, True, "yesterday", -1, 0, 2.0**70, [], "0001-01-01T00:00:00+00:00"])
def test_what_is_no_time_is_none(value: object) -> None:
    assert micros(value) == 0
