"""The server: its socket, its processes, its signals."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial

import uvloop
from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.server import Server as Uvicorn

from proxy.application import BACKOFF, application
from proxy.attempts import Backoff
from proxy.config import Settings
from proxy.connections import Heads, Http
from proxy.errors import SettingsError
from proxy.signals import ends_asked_by
from proxy.telemetry.logs import configure_logging

KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep a connection, most of them 5 seconds: else they write just when it is closed here."""


class Server(Uvicorn):
    """Traffic goes straight to the exchanges, with no router; the few paths of Steno itself go to their pages."""

    def __init__(self, config: Config, closing: asyncio.Event, heads: Heads, *, tells: str = "") -> None:
        super().__init__(config)
        self._closing = closing
        self._heads = heads
        self._tells = tells

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self._watching = asyncio.get_running_loop().create_task(self._heads.watch(self.server_state.connections))
        if self._tells:
            announce(self._tells)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop to serve: what has no end of its own is told."""
        self._closing.set()
        self._watching.cancel()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The first signal drains, the second one stops at once."""
        loop = asyncio.get_running_loop()
        ends = ends_asked_by()
        for number in ends:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in ends:
                loop.remove_signal_handler(number)

    def handle_exit(self, sig: int, frame: object) -> None:
        """Drain; a second time, stop."""
        self.force_exit = self.should_exit
        self.should_exit = True


def configured(app: ASGIApp, settings: Settings) -> Config:
    """uvicorn's settings."""
    return Config(
        app,
        loop="uvloop",
        http=Http,
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(settings.server.drain_seconds)),
    )


def listening(settings: Settings) -> socket.socket:
    """The socket to serve on. Raises ``SettingsError``."""
    host, port = settings.server.host, settings.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        message = f"{host}:{port} can't be served on ({error.strerror}); choose another with --host and --port."
        raise SettingsError(message) from error
    # Connections inherit it; asyncio sets it by itself only on sockets that name their protocol.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def address(listener: socket.socket) -> str:
    """The base URL of a socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def collect_rarely() -> None:
    """What was loaded stays for good, and a request leaves next to nothing in cycles: as it comes, Python's collector
    would take a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    with suppress(OSError, AttributeError):  # the GNU library's: what only the start needed goes back to the system
        ctypes.CDLL(None).malloc_trim(0)


async def _serve(settings: Settings, listener: socket.socket, tells: str) -> None:
    closing = asyncio.Event()
    async with application(settings, closing=closing, ready=collect_rarely) as app:
        collect_rarely()
        heads = Heads(settings.server.head_seconds)
        await Server(configured(app, settings), closing, heads, tells=tells).serve([listener])


def _work(settings: Settings, listener: socket.socket) -> None:
    """Serve as one of several processes on the same socket."""
    configure_logging(settings.server.log_level, settings.server.log_format)
    uvloop.run(_serve(settings, listener, ""))


def serve(settings: Settings) -> None:
    """Serve until a signal ends it."""
    configure_logging(settings.server.log_level, settings.server.log_format)
    with listening(settings) as listener:
        if settings.server.workers == 1:
            uvloop.run(_serve(settings, listener, address(listener)))
            return
        from proxy.workers import Workers  # noqa: PLC0415 -- most have no use for several processes

        workers = Workers(partial(_work, settings), listener, settings.server.workers)
        announce(address(listener))
        workers.run()


def announce(base_url: str) -> None:
    """The line that scripts wait for."""
    sys.stdout.write(f"steno: serving on {base_url}\n")
    sys.stdout.flush()


@asynccontextmanager
async def running(settings: Settings, backoff: Backoff = BACKOFF) -> AsyncIterator[str]:
    """The proxy at work within this event loop: its base URL."""
    with listening(settings) as listener:
        closing = asyncio.Event()
        async with application(settings, backoff, closing) as app:
            server = Embedded(configured(app, settings), closing, Heads(settings.server.head_seconds))
            serving = asyncio.get_running_loop().create_task(server.serve([listener]))
            await server.up.wait()
            try:
                yield address(listener)
            finally:
                server.should_exit = True
                await serving


class Embedded(Server):
    """A server inside a loop that has its own signals; ``up`` is set once it serves."""

    def __init__(self, config: Config, closing: asyncio.Event, heads: Heads) -> None:
        super().__init__(config, closing, heads)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield
