"""Which signals end a process."""

from __future__ import annotations

import signal

from proxy.signals import ends_asked_by


def test_a_terminal_that_closes_ends_what_ran_in_it() -> None:
    assert signal.SIGHUP in ends_asked_by()


def test_a_terminal_that_closes_ends_nothing_under_nohup() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert signal.SIGHUP not in ends_asked_by()
    finally:
        signal.signal(signal.SIGHUP, before)
