"""Several processes on one socket: started, watched, started again when one dies, and ended together."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import socket
import threading
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from types import FrameType

log = logging.getLogger("steno.workers")

WATCH_SECONDS = 0.5

Work = Callable[[socket.socket], None]


class Workers:
    """As many processes as asked for, each doing ``work`` with the socket."""

    def __init__(self, work: Work, listener: socket.socket, count: int) -> None:
        self._work = work
        self._listener = listener
        self._context = multiprocessing.get_context("spawn")
        self._ended = threading.Event()
        self._processes = [self._started() for _ in range(count)]

    def _started(self) -> SpawnProcess:
        process = self._context.Process(target=self._work, args=(self._listener,))
        process.start()
        return process

    def run(self) -> None:
        """Watch them until a signal comes, which each of them gets, too."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)
        while not self._ended.wait(WATCH_SECONDS):
            self._processes = [self._kept(process) for process in self._processes]
        for process in self._processes:
            process.join()

    def _kept(self, process: SpawnProcess) -> SpawnProcess:
        if process.is_alive():
            return process
        log.error("a worker ended with status %s; another takes its place", process.exitcode)
        return self._started()

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._ended.set()
        for process in self._processes:
            if process.is_alive():
                process.terminate()
