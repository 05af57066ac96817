"""Serves ASGI apps to tests: on a free port, in the test's own event loop, with the real server.

The server is started and stopped by its parts, without its main loop: that one would take the process's signals and
look only ten times a second whether it shall stop.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp


@asynccontextmanager
async def running(app: ASGIApp, **options: Any) -> AsyncIterator[str]:
    """Serve an app and give its base URL; what still runs at the end is cancelled (or `timeout_graceful_shutdown`)."""
    defaults = {"log_config": None, "log_level": "critical", "access_log": False, "server_header": False, "ws": "none"}
    server = uvicorn.Server(uvicorn.Config(app, **{**defaults, "timeout_graceful_shutdown": 0, **options}))
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit it
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup(sockets=[listener])
    await server.on_tick(0)  # makes the date header
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        await _stop(server, listener)


async def _stop(server: uvicorn.Server, listener: socket.socket) -> None:
    left_over = set(server.server_state.tasks)
    await server.shutdown(sockets=[listener])
    await asyncio.gather(*left_over, return_exceptions=True)
    for connection in list(server.server_state.connections):
        connection.transport.abort()
