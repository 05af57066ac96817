"""The proxy and the stand-in behind it, for as long as the clients talk."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import uvicorn

from proxy.config import load_settings
from proxy.server import running
from proxy.standin import create_standin


@dataclass(frozen=True, slots=True)
class Stage:
    """Where clients send their requests, and where these are recorded."""

    base_url: str
    store_url: str
    end_upstream: Callable[[], None]
    """Lets the stand-in go; it waits for that, and may be called more than once."""


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    """A proxy with no settings but its addresses."""
    with ExitStack() as stack:
        upstream = stack.enter_context(_standin())
        store = f"sqlite:///{folder}/steno.db"
        given = {"server.port": 0, "server.log_level": "error", "store.url": store, "upstream.base_url": upstream}
        async with running(load_settings(None, given, {})) as base_url:
            yield Stage(base_url, store, stack.close)


@contextmanager
def _standin() -> Iterator[str]:
    """The stand-in upstream on a free port, in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_standin(), log_config=None, ws="none"))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="standin")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join()
