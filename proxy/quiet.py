"""Work that may wait: for a moment in which the process has next to nothing to do, and for whoever comes meanwhile."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from time import process_time
from typing import TypeVar

T = TypeVar("T")

SECONDS = 0.05
LONGEST = 1.0
BUSY = 0.1
"""Who takes a larger share of a core is at work."""
SWITCH_SECONDS = 0.0005
"""So soon a thread makes way for another: a request changes threads several times, and waits that long each time."""


async def quiet_moment(taken: Callable[[], float] = process_time) -> None:
    """Wait for one. ``taken`` tells the processor time so far."""
    seconds = SECONDS
    while True:
        before = taken()
        await asyncio.sleep(seconds)
        if taken() - before < BUSY * seconds:
            return
        seconds = min(2 * seconds, LONGEST)


async def aside(work: Callable[[], T]) -> T:
    """What ``work`` returns, which runs in a thread that makes way for others more often than threads do."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        return await asyncio.to_thread(work)
    finally:
        sys.setswitchinterval(usual)
