"""An exchange's times as bars."""

from proxy.dashboard.times import WIDTH, bars
from storage.records import Attempt
from tests.cli.rows import NOON, SECOND, exchange_row


def test_a_stream_is_a_wait_and_a_stream() -> None:
    row = exchange_row(at=NOON, first_byte_at=NOON + SECOND, ended_at=NOON + 4 * SECOND, stream=True)
    wait, stream = bars(row, ())
    assert (wait.x, wait.width, wait.micros) == (0, 250, SECOND)
    assert (stream.label, stream.x, stream.width) == ("stream", 250, 750)


def test_attempts_that_failed_stand_before_the_wait() -> None:
    tried = [
        Attempt(1, "one", NOON, NOON + SECOND, 500, "broken"),
        Attempt(2, "two", NOON + SECOND, NOON + 2 * SECOND, 200),
    ]
    row = exchange_row(at=NOON, first_byte_at=NOON + 2 * SECOND, ended_at=NOON + 2 * SECOND, stream=False)
    assert [(bar.label, bar.look) for bar in bars(row, tried)] == [
        ("attempt 1 at one", "failed"),
        ("wait for the first byte", "wait"),
        ("reply", "stream"),
    ]


def test_one_that_got_no_byte_only_waited() -> None:
    row = exchange_row(at=NOON, first_byte_at=0, ended_at=NOON + SECOND)
    assert [bar.look for bar in bars(row, ())] == ["wait"]
    tried = [Attempt(1, "one", NOON, NOON + SECOND, 0, "refused")]
    assert [bar.look for bar in bars(row, tried)] == ["failed"]


def test_times_that_make_no_sense_stay_within_the_picture() -> None:
    row = exchange_row(at=NOON, first_byte_at=NOON - SECOND, ended_at=NOON, stream=True)
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH + 2 for bar in bars(row, ()))
    assert bars(exchange_row(at=NOON, first_byte_at=0, ended_at=0), ()) == []
