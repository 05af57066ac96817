import pytest

from proxy.shapes.spelling import dollars, id_of, micros_of, rfc3339, share, uuid
from tests.cli import rows
from tests.cli.rows import NOON


def test_times_are_utc_and_unknown_ones_are_none() -> None:
    assert rfc3339(NOON + 5) == "2026-06-22T12:00:00.000005Z"
    assert rfc3339(0) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-22T12:00:00Z",
        "2026-06-22t12:00:00.000000999z",
        "2026-06-22 14:00:00+02:00",
        "2026-06-22T11:59:60Z",
    ],
)
def test_a_time_is_read_in_every_spelling_of_rfc_3339(text: str) -> None:
    assert abs(micros_of(text) - NOON) <= 1_000_000


@pytest.mark.parametrize("text", ["", "2026-06-22", "2026-06-22T12:00:00", "2026-13-22T12:00:00Z", "yesterday"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        micros_of(text)


def test_the_ends_of_the_calendar_are_times() -> None:
    assert micros_of("0001-01-01T00:00:00+23:59") < 0 < micros_of("9999-12-31T23:59:59-23:59")


def test_a_time_before_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match=r".+"):
        micros_of("0000-01-01T00:00:00Z")


def test_an_id_is_uuid_text_and_an_empty_one_is_none() -> None:
    assert uuid(rows.id_of(7)) == "019a7c3e-1234-7000-8000-000000000007"
    assert uuid(b"") is None
    assert id_of("019a7c3e-1234-7000-8000-000000000007") == rows.id_of(7)
    assert id_of("seven") == b""


def test_numbers_that_nobody_knows_are_none() -> None:
    assert (dollars(None), share(None)) == (None, None)
    assert (dollars(1_500_000), share(250_000)) == (0.0015, 0.25)
