"""How often somebody may be wrong."""

from __future__ import annotations

import pytest

from proxy.dashboard.patience import KNOWN, MINUTE, WRONG, WRONG_BY_ALL, Patience

NOW = 1_700_000_000_000_000
SECOND = 1_000_000


def wrong(patience: Patience, peer: str, times: int) -> None:
    for number in range(times):
        patience.wrong(peer, NOW + number)


def test_some_wrong_keys_cost_nothing_and_one_more_costs_a_minute() -> None:
    patience = Patience()
    wrong(patience, "10.0.0.7", WRONG - 1)
    assert patience.wait("10.0.0.7", NOW + SECOND) == 0
    patience.wrong("10.0.0.7", NOW + SECOND)
    assert patience.wait("10.0.0.7", NOW + SECOND) == 59
    assert patience.wait("10.0.0.7", NOW + MINUTE + SECOND) == 0


def test_others_need_not_wait() -> None:
    patience = Patience()
    wrong(patience, "10.0.0.7", WRONG)
    assert patience.wait("10.0.0.8", NOW + SECOND) == 0


@pytest.mark.parametrize(("one", "other"), [("2001:db8::1", "2001:db8::2"), ("fe80::1%eth0", "fe80::2"), ("", "")])
def test_a_household_waits_together(one: str, other: str) -> None:
    patience = Patience()
    wrong(patience, one, WRONG)
    assert patience.wait(other, NOW + SECOND) > 0


def test_everybody_waits_where_very_many_are_wrong() -> None:
    patience = Patience()
    for number in range(WRONG_BY_ALL):
        patience.wrong(f"10.0.{number}.1", NOW)
    assert patience.wait("10.1.0.1", NOW + SECOND) == 59


def test_what_is_remembered_has_an_end() -> None:
    patience = Patience()
    wrong(patience, "10.9.0.1", WRONG)
    for number in range(KNOWN):
        patience.wrong(f"10.{number // 250}.{number % 250}.2", NOW - 2 * MINUTE)
    assert patience.wait("10.9.0.1", NOW + 2 * MINUTE) == 0
