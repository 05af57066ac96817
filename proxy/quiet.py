"""Moments in which the process has next to nothing to do, told by the processor time that it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import process_time

SECONDS = 0.05
LONGEST = 1.0
BUSY = 0.1
"""Who takes a larger share of a core is at work."""


async def quiet_moment(taken: Callable[[], float] = process_time) -> None:
    """Wait for one. ``taken`` tells the processor time so far."""
    seconds = SECONDS
    while True:
        before = taken()
        await asyncio.sleep(seconds)
        if taken() - before < BUSY * seconds:
            return
        seconds = min(2 * seconds, LONGEST)
