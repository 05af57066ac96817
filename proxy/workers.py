"""Several processes on one socket: started, watched, started again when one dies, and ended together.

The workers know no terminal: signals reach them through the process that watches them, each just once. They end when
that process is gone, however it ended.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from types import FrameType

from proxy.signals import ends_asked_by

log = logging.getLogger("steno.workers")

RESTART_SECONDS = 0.5

Work = Callable[[socket.socket], None]


class Workers:
    """As many processes as asked for, each doing ``work`` with the socket."""

    def __init__(self, work: Work, listener: socket.socket, count: int) -> None:
        self._work = work
        self._listener = listener
        self._context = multiprocessing.get_context("spawn")
        self._ending = False
        self._processes = [self._started() for _ in range(count)]

    def _started(self) -> SpawnProcess:
        process = self._context.Process(target=_obey, args=(self._work, self._listener))
        process.start()
        return process

    def run(self) -> None:
        """Watch them until a signal comes, which each of them gets; a second one, too."""
        woken, waker = socket.socketpair()
        with woken, waker:
            waker.setblocking(False)
            signal.set_wakeup_fd(waker.fileno())
            for number in ends_asked_by():
                signal.signal(number, self._end)
            try:
                self._watch(woken)
                self._listener.close()  # else connections would still be taken, and nobody would serve them
                self._terminate()
                for process in self._processes:
                    process.join()
            finally:
                signal.set_wakeup_fd(-1)

    def _watch(self, woken: socket.socket) -> None:
        while not self._ending:
            wait([woken, *(process.sentinel for process in self._processes)])
            gone = [process for process in self._processes if not process.is_alive()]
            if gone and not self._ending:
                wait([woken], timeout=RESTART_SECONDS)  # one that can't start shall not take the whole machine
            if not self._ending:
                self._replace(gone)

    def _replace(self, gone: list[SpawnProcess]) -> None:
        for process in gone:
            log.error("a worker ended with status %s; another takes its place", process.exitcode)
            self._processes[self._processes.index(process)] = self._started()

    def _end(self, number: int, frame: FrameType | None) -> None:
        again, self._ending = self._ending, True
        if again:
            self._terminate()

    def _terminate(self) -> None:
        for process in self._processes:
            if process.is_alive():
                process.terminate()


def _obey(work: Work, listener: socket.socket) -> None:
    """Work as one of many."""
    os.setsid()
    threading.Thread(target=_follow, name="parent", daemon=True).start()
    work(listener)


def _follow() -> None:
    """End like by a signal when the parent has ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
