"""Times as people write them."""

from __future__ import annotations

import pytest

from proxy.moments import moment

NOW = 1_782_129_600_000_000  # 2026-06-22 12:00 UTC
HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2026-06-22", -12),
        ("2026-06-22T12:00:00Z", 0),
        ("2026-06-22t11:59:60z", -1 / 3600),
        ("2026-06-22T12:00:00+02:00", -2),
        ("2026-06-22T12:00:00 02:00", -2),
        ("2026-06-22T10:00", -2),
        ("90m", -1.5),
        ("3600s", -1),
        ("2h", -2),
        ("1d", -24),
        ("1w", -168),
    ],
)
def test_a_time_is_a_date_a_moment_or_so_long_ago(text: str, hours: float) -> None:
    assert moment(text, NOW) == NOW + round(hours * HOUR)


def test_nothing_was_before_1970_nor_is_that_no_bound() -> None:
    assert moment("1960-01-01", NOW) == moment("999999999w", NOW) == 1


@pytest.mark.parametrize("text", ["", "yesterday", "5y", "2026-13-01", "1e9", "٣d"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a time such as"):
        moment(text, NOW)
