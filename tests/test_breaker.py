"""When a provider is passed over, and when it gets another chance."""

from __future__ import annotations

from dataclasses import dataclass

from proxy.breaker import PAUSE_SECONDS, THRESHOLD, Breaker, Breakers


@dataclass(slots=True)
class Clock:
    """Stands still until it is set."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


def failing(clock: Clock, times: int = THRESHOLD) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(times):
        breaker.failed()
    return breaker


def test_a_few_failures_do_not_open_it() -> None:
    breaker = failing(Clock(), THRESHOLD - 1)
    assert (breaker.state, breaker.admits()) == ("closed", True)


def test_so_many_failures_in_a_row_open_it_and_the_one_that_does_is_told() -> None:
    breaker = failing(Clock(), THRESHOLD - 1)
    assert (breaker.failed(), breaker.failed()) == (True, False)
    assert (breaker.state, breaker.admits()) == ("open", False)


def test_failures_with_a_success_between_them_do_not_count_together() -> None:
    breaker = failing(Clock(), THRESHOLD - 1)
    breaker.succeeded()
    assert not breaker.failed()
    assert (breaker.state, breaker.failures) == ("closed", 1)


def test_after_the_pause_one_request_tries_and_the_others_stay_away() -> None:
    clock = Clock()
    breaker = failing(clock)
    clock.at += PAUSE_SECONDS
    assert breaker.state == "half_open"
    assert (breaker.admits(), breaker.admits()) == (True, False)
    assert breaker.state == "half_open"


def test_a_try_that_succeeds_closes_it() -> None:
    clock = Clock()
    breaker = failing(clock)
    clock.at += PAUSE_SECONDS
    assert breaker.admits()
    breaker.succeeded()
    assert (breaker.state, breaker.admits(), breaker.failures) == ("closed", True, 0)


def test_a_try_that_fails_opens_it_for_as_long_again() -> None:
    clock = Clock()
    breaker = failing(clock)
    clock.at += PAUSE_SECONDS
    assert breaker.admits()
    assert not breaker.failed()
    clock.at += PAUSE_SECONDS - 1
    assert (breaker.state, breaker.admits()) == ("open", False)
    clock.at += 1
    assert breaker.admits()


def test_a_try_of_which_nothing_is_heard_does_not_hold_the_others_back_for_ever() -> None:
    clock = Clock()
    breaker = failing(clock)
    clock.at += PAUSE_SECONDS
    assert breaker.admits()
    clock.at += PAUSE_SECONDS
    assert breaker.admits()


def test_each_provider_has_its_own() -> None:
    breakers = Breakers(["a", "b"], Clock())
    for _ in range(THRESHOLD):
        breakers["b"].failed()
    assert breakers.told() == {
        "a": {"state": "closed", "failures": 0},
        "b": {"state": "open", "failures": THRESHOLD},
    }
