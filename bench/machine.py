"""The machine below: cores, processor time and memory of a process, as Linux tells them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

QUIET_SECONDS = 0.5
PATIENCE_SECONDS = 120.0
IDLE = 0.02
"""A process that takes a smaller share of a core than this does nothing."""


class Restless(Exception):
    """A process would not come to rest."""


class Cores(NamedTuple):
    """One core for what is measured, another for the load and the upstream."""

    measured: int
    load: int


def cores() -> Cores:
    """Two cores of those that this process may use. Raises ``OSError`` where there is just one."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        message = "the benchmark needs two cores: one for the proxy, one for the load"
        raise OSError(message)
    return Cores(usable[0], usable[1])


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a process: what /proc/PID/stat counts in ticks, to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)  # clock_getcpuclockid(3)


def resident_bytes(pid: int) -> int:
    """The memory that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def settle(pid: int) -> None:
    """Wait until a process has done what it left for a quiet moment. Raises ``Restless``."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        before = cpu_seconds(pid)
        time.sleep(QUIET_SECONDS)
        if cpu_seconds(pid) - before < IDLE * QUIET_SECONDS:
            return
    message = f"the proxy was still at work {PATIENCE_SECONDS:.0f} s after its last request"
    raise Restless(message)


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """This process on one core, for the time of the block."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
