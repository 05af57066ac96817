import pytest

from proxy.shapes.figures import clock, count, counted, duration, moment, money, short_ids, size, spent
from tests.cli.rows import NOON


@pytest.mark.parametrize(
    ("nano", "written"),
    [
        (None, "–"),  # noqa: RUF001
        (0, "$0.00"),
        (1, "$0.000000001"),
        (15_000, "$0.000015"),
        (1_500_000, "$0.0015"),
        (9_990_000, "$0.0100"),
        (10_000_000, "$0.01"),
        (1_234_560_000_000, "$1,234.56"),
    ],
)
def test_money_shows_two_digits_that_count(nano: int | None, written: str) -> None:
    assert money(nano) == written


def test_a_sum_says_when_some_of_it_has_no_price() -> None:
    assert spent(10_000_000, 0) == "$0.01"
    assert spent(10_000_000, 1) == "$0.01+"
    assert spent(0, 3) == count(None)
    assert spent(0, 0) == "$0.00"


@pytest.mark.parametrize(
    ("micros", "written"),
    [
        (-1, "0 ms"),
        (350_000, "350 ms"),
        (1_240_000, "1.2 s"),
        (185_000_000, "3 min 5 s"),
        (7_380_000_000, "2 h 3 min"),
    ],
)
def test_a_duration_has_the_unit_that_fits(micros: int, written: str) -> None:
    assert duration(micros) == written


def test_counts_agree_with_their_nouns() -> None:
    assert counted(1, "message") == "1 message"
    assert counted(2_000, "branch", "branches") == "2,000 branches"


def test_sizes_have_the_unit_that_fits() -> None:
    assert [size(number) for number in (12, 1_500, 2_500_000, 3_000_000_000)] == ["12 B", "1.5 kB", "2.5 MB", "3.0 GB"]


def test_a_moment_is_told_to_the_minute_and_an_unknown_one_is_a_dash() -> None:
    assert moment(0) == count(None)
    assert moment(NOON).startswith("2026-06-2")


def test_short_ids_stay_apart() -> None:
    alike = ["019a7c3e-1234-7000-8000-000000000001", "019a7c3e-1234-7000-8000-000000000002"]
    apart = ["019a7c3e-1234-7000-8000-000000000001", "019a7c3e-1299-7000-8000-000000000001"]
    assert short_ids(alike) == alike
    assert short_ids(apart) == ["019a7c3e-1234", "019a7c3e-1299"]
    assert short_ids([apart[0], apart[0]]) == ["019a7c3e-1234"] * 2
    assert short_ids([]) == []


def test_a_time_of_day_is_written_to_the_second() -> None:
    assert len(clock(NOON)) == len("12:00:00")
    assert clock(0) == count(None)
