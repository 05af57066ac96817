"""Moments in which nothing is done."""

from __future__ import annotations

from collections.abc import Iterator

from proxy.quiet import SECONDS, quiet_moment


async def test_a_moment_is_quiet_once_next_to_no_processor_time_is_taken() -> None:
    taken: Iterator[float] = iter([0.0, SECONDS, SECONDS, SECONDS, 9.0])
    await quiet_moment(lambda: next(taken))
    assert list(taken) == [9.0]
