"""Several processes on one socket, watched from a process of their own as in real life."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from proxy.workers import Workers

ROOT = Path(__file__).parent.parent


def tell_pid(listener: socket.socket) -> None:
    """The work: tell each caller who works."""
    listener.setblocking(True)
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(str(os.getpid()).encode())


def main(count: str) -> None:
    """Serve, and say where."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        workers = Workers(tell_pid, listener, int(count))
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        workers.run()


async def told(port: int) -> int:
    """Who answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    pid = int(await reader.read())
    writer.close()
    await writer.wait_closed()
    return pid


@asynccontextmanager
async def working(count: int) -> AsyncIterator[tuple[Process, int]]:
    """The process that watches, and its port."""
    script = "import sys; from tests.test_workers import main; main(sys.argv[1])"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(count), stdout=PIPE, stderr=PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    try:
        yield process, int(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_worker_that_dies_is_replaced() -> None:
    async with working(1) as (_, port):
        first = await told(port)
        os.kill(first, signal.SIGKILL)
        assert await told(port) != first


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_ends_all_of_them(number: signal.Signals) -> None:
    async with working(2) as (process, port):
        await told(port)
        process.send_signal(number)
        assert await process.wait() == 0
        with pytest.raises(ConnectionError):
            await told(port)


async def test_they_end_with_the_process_that_watches_them() -> None:
    async with working(2) as (process, port):
        await told(port)
        process.kill()
        assert process.stdout is not None
        assert await process.stdout.read() == b""  # the workers held it open, too
