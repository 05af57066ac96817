"""Moments in which nothing is done."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from proxy.quiet import SECONDS, SWITCH_SECONDS, aside, quiet_moment


async def test_a_moment_is_quiet_once_next_to_no_processor_time_is_taken() -> None:
    taken: Iterator[float] = iter([0.0, SECONDS, SECONDS, SECONDS, 9.0])
    await quiet_moment(lambda: next(taken))
    assert list(taken) == [9.0]


async def test_what_runs_aside_makes_way_more_often_and_leaves_threads_as_they_were() -> None:
    usual = sys.getswitchinterval()
    assert await aside(sys.getswitchinterval) == pytest.approx(SWITCH_SECONDS)
    with pytest.raises(ZeroDivisionError):
        await aside(lambda: 1 // 0)
    assert sys.getswitchinterval() == usual
