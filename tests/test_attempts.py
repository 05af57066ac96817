"""What comes after an attempt: whether it is repeated, after how long, or handed on."""

from __future__ import annotations

import pytest

from proxy.attempts import (
    CLOSED,
    UNCONNECTED,
    Backoff,
    Done,
    Next,
    Outcome,
    Policy,
    Step,
    Wait,
    asked_seconds,
    outcome_of,
    retries_itself,
)

NOW = 1_700_000_000.0
BACKOFF = Backoff(first=1.0, longest=8.0, patience=60.0)


def after(outcome: Outcome, tries: int = 1, retries: int = 0, *, resends: bool = True) -> Step:
    return Policy(retries, resends, BACKOFF).after(outcome, tries, 0.0)


# What is repeated


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 403, 404, 413, 422, 501, 505])
def test_what_is_no_failure_or_the_callers_fault_is_what_the_client_gets(status: int) -> None:
    assert after(Outcome(status), retries=3) == Done()


@pytest.mark.parametrize("retries", [0, 1])
def test_a_connection_that_failed_is_tried_once_more_whatever_the_settings_say(retries: int) -> None:
    assert after(Outcome(code=UNCONNECTED), 1, retries) == Wait(1.0)
    assert after(Outcome(code=UNCONNECTED), 2, retries) == Next()


def test_with_retries_a_connection_is_tried_as_often_as_they_say() -> None:
    steps = [after(Outcome(code=UNCONNECTED), tries, 3) for tries in (1, 2, 3, 4)]
    assert steps == [Wait(1.0), Wait(2.0), Wait(4.0), Next()]


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_a_status_is_tried_again_only_where_the_settings_ask_for_it(status: int) -> None:
    assert after(Outcome(status)) == Next()
    assert after(Outcome(status), 1, 2) == Wait(1.0)
    assert after(Outcome(status), 3, 2) == Next()


def test_a_connection_that_broke_may_have_done_work_and_counts_as_a_status_does() -> None:
    assert after(Outcome(code=CLOSED)) == Next()
    assert after(Outcome(code=CLOSED), 1, 1) == Wait(1.0)


@pytest.mark.parametrize("code", ["upstream_timeout", "upstream_invalid"])
def test_who_is_silent_or_speaks_no_http_is_not_asked_again(code: str) -> None:
    assert after(Outcome(code=code), 1, 3) == Next()


def test_a_body_that_cannot_be_sent_again_is_never_repeated() -> None:
    assert after(Outcome(code=UNCONNECTED), 1, 3, resends=False) == Done()
    assert after(Outcome(503), 1, 3, resends=False) == Done()


# For how long it is waited


def test_a_wait_doubles_up_to_a_limit_and_is_shorter_by_up_to_a_half() -> None:
    assert [BACKOFF.pause(tries, 0.0) for tries in range(1, 6)] == [1.0, 2.0, 4.0, 8.0, 8.0]
    assert BACKOFF.pause(2, 1.0) == 1.0
    assert BACKOFF.pause(2, 0.5) == 1.5


def test_a_wait_that_the_upstream_asks_for_is_kept() -> None:
    assert after(Outcome(429, asks=7.5), 1, 1) == Wait(7.5)


def test_an_upstream_that_asks_for_too_long_a_wait_is_not_waited_for() -> None:
    assert after(Outcome(429, asks=60.0), 1, 1) == Wait(60.0)
    assert after(Outcome(429, asks=60.5), 1, 1) == Next()


def test_an_upstream_that_says_it_is_of_no_use_is_not_asked_again() -> None:
    assert outcome_of(429, [(b"x-should-retry", b"False")], NOW).final
    assert not outcome_of(429, [(b"x-should-retry", b"true")], NOW).final
    assert after(Outcome(429, final=True), 1, 3) == Next()


@pytest.mark.parametrize(
    ("name", "value", "seconds"),
    [
        (b"retry-after", b"7", 7.0),
        (b"Retry-After", b" 1.5 ", 1.5),
        (b"retry-after-ms", b"250", 0.25),
        (b"retry-after", b"Tue, 14 Nov 2023 22:13:30 GMT", 10.0),
        (b"retry-after", b"Tue, 14 Nov 2023 22:13:10 GMT", 0.0),
        (b"retry-after", b"-3", 0.0),
        (b"retry-after", b"soon", 0.0),
        (b"retry-after", b"nan", 0.0),
        (b"retry-after", b"", 0.0),
        (b"other", b"7", 0.0),
    ],
)
def test_a_wait_is_read_from_its_header(name: bytes, value: bytes, seconds: float) -> None:
    assert asked_seconds([(name, value)], NOW) == seconds
    assert outcome_of(503, [(name, value)], NOW) == Outcome(503, asks=seconds)


def test_milliseconds_count_before_seconds_where_they_can_be_read() -> None:
    assert asked_seconds([(b"retry-after", b"2"), (b"retry-after-ms", b"1500")], NOW) == 1.5
    assert asked_seconds([(b"retry-after", b"2"), (b"retry-after-ms", b"soon")], NOW) == 2.0


# Who is to blame


@pytest.mark.parametrize(
    ("outcome", "is_fault"),
    [
        (Outcome(503), True),
        (Outcome(529), True),
        (Outcome(code=CLOSED), True),
        (Outcome(429), False),
        (Outcome(409), False),
    ],
)
def test_a_callers_limit_is_no_fault_of_the_provider(outcome: Outcome, is_fault: bool) -> None:
    assert outcome.failed
    assert outcome.is_fault == is_fault


@pytest.mark.parametrize(
    ("count", "itself"), [(b"0", False), (b"1", True), (b" 2 ", True), (b"x", False), (b"", False)]
)
def test_a_client_that_retries_by_itself_says_so(count: bytes, itself: bool) -> None:
    assert retries_itself([(b"X-Stainless-Retry-Count", count)]) == itself
    assert not retries_itself([])
