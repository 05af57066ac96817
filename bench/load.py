"""Load: many connections, each with one request after the other, no two requests alike.

wrk makes it where it is installed. The generator of our own, slower than nginx, makes it otherwise, and wherever a
number of requests is to be sent and not one second of them.
"""

from __future__ import annotations

import json
import selectors
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.client import Failed, Line, request
from bench.texts import Writer, body_of

NUMBER = b"0" * 12
"""What stands in a template where each request has its number."""
SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What a burst of requests came to."""

    requests: int
    seconds: float
    p50: float
    """Seconds."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def template(host: str, seed: str) -> bytes:
    """A request of a conversation's beginning, with room for a number."""
    writer = Writer(seed)
    system = {"role": "system", "content": "You are a terse assistant. Answer in one sentence."}
    user = {"role": "user", "content": f"{seed} {NUMBER.decode()} {writer.text(160)}"}
    return request(host, body_of([system, user]))


def has_wrk() -> bool:
    """Whether the fast generator is there."""
    return shutil.which("wrk") is not None


def burst(host: str, sent: bytes, connections: int, seconds: float, core: int) -> Load:
    """Load for a time. Raises ``Failed`` on any error."""
    if has_wrk():
        return _wrk(host, sent, connections, seconds, core)
    deadline = time.monotonic() + seconds
    return _generated(host, sent, connections, lambda _: time.monotonic() < deadline)


def exactly(host: str, sent: bytes, connections: int, count: int) -> Load:
    """So many requests. Raises ``Failed`` on any error."""
    return _generated(host, sent, connections, lambda begun: begun < count)


def _wrk(host: str, sent: bytes, connections: int, seconds: float, core: int) -> Load:
    whole = max(1, round(seconds))
    command = ["taskset", "--cpu-list", str(core), "wrk", "-t1", f"-c{connections}", f"-d{whole}s", "--timeout", "10s"]
    # wrk's Lua takes no bytes as an argument: they come through the standard input.
    command += ["--script", str(SCRIPT), f"http://{host}/", "--", "/dev/stdin"]
    done = subprocess.run(command, input=sent, capture_output=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    if told["errors"] or not told["requests"]:
        message = f"{told['errors']} errors in {told['requests']} requests at {connections} connections"
        raise Failed(message)
    return Load(told["requests"], told["seconds"], told["p50"])


class _Caller:
    """One connection of the generator."""

    def __init__(self, host: str, sent: bytes) -> None:
        self.line = Line(host)
        self._before, _, self._after = sent.partition(NUMBER)
        self._started = 0.0

    def call(self, number: int) -> None:
        self._started = time.perf_counter()
        self.line.socket.sendall(self._before + b"%012d" % number + self._after)

    def answered(self) -> float | None:
        """The seconds that the reply took, if it is now whole."""
        return None if self.line.receive() is None else time.perf_counter() - self._started


def _generated(host: str, sent: bytes, connections: int, goes_on: Callable[[int], bool]) -> Load:
    callers = [_Caller(host, sent) for _ in range(connections)]
    started = time.perf_counter()
    try:
        times = _called(callers, goes_on)
    finally:
        for caller in callers:
            caller.line.close()
    return Load(len(times), time.perf_counter() - started, statistics.median(times))


def _called(callers: list[_Caller], goes_on: Callable[[int], bool]) -> list[float]:
    """Call until ``goes_on`` of the number of calls says no; the times of all replies."""
    times: list[float] = []
    begun = 0
    with selectors.DefaultSelector() as selector:
        for caller in callers:
            selector.register(caller.line.socket, selectors.EVENT_READ, caller)
            caller.call(begun := begun + 1)
        while len(times) < begun:
            for key, _ in selector.select():
                seconds = key.data.answered()
                if seconds is None:
                    continue
                times.append(seconds)
                if goes_on(begun):
                    key.data.call(begun := begun + 1)
    return times
