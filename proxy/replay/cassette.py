"""An export on disk as a server of its own: for tests that must hear the same answers each time, offline."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from proxy.clock import id_text
from proxy.errors import NotFound
from proxy.imports.taking import Taker
from proxy.replay.app import replay_routes
from storage.opening import open_store
from storage.ports import Store
from storage.views import SessionRow

NOBODY = bytes(16)
PATIENCE = 30.0


@dataclass(slots=True)
class Cassette:
    """What plays: ``base_url`` for an OpenAI client, and what was asked in vain."""

    address: str
    sessions: tuple[str, ...] = ()
    """Ids, the latest first."""
    missed: list[str] = field(default_factory=list)
    """Why each request failed that was not on the record."""

    @property
    def base_url(self) -> str:
        """The latest session's, which is the only one in a session's own export."""
        return self.url(self.sessions[0])

    def url(self, session: str) -> str:
        """That of a session, by its id or its client's name."""
        return f"{self.address}/replay/{session}/v1"


class _Playing(threading.Thread):
    """Serves a cassette in a loop of its own, so that the test may block as it likes."""

    def __init__(self, path: Path, listener: socket.socket) -> None:
        super().__init__(name="steno-replay", daemon=True)
        host, port = listener.getsockname()[:2]
        self.cassette = Cassette(f"http://{host}:{port}")
        self.ready = threading.Event()
        self.failure: BaseException | None = None
        self._path = path
        self._listener = listener
        self._server: uvicorn.Server | None = None

    def run(self) -> None:
        """Load and serve until ``stop``."""
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 (it is raised where the cassette was asked for)
            self.failure = error
        finally:
            self.ready.set()

    def stop(self) -> None:
        """End it."""
        if self._server is not None:
            self._server.should_exit = True
        self.join(PATIENCE)

    async def _serve(self) -> None:
        store = await open_store("sqlite://:memory:")
        try:
            self.cassette.sessions = tuple(map(_named, await _loaded(store, self._path)))
            routes = replay_routes(store, lambda _: None, self.cassette.missed.append)
            self._server = _Server(Starlette(routes=routes), self.ready.set)
            await self._server.serve([self._listener])
        finally:
            await store.close()


class _Server(uvicorn.Server):
    """Tells when it serves."""

    def __init__(self, app: Starlette, up: Callable[[], None]) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none"))
        self._up = up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self._up()


def _named(session: SessionRow) -> str:
    return id_text(session.id).decode()


async def _loaded(store: Store, path: Path) -> list[SessionRow]:
    async for _ in Taker(store, NOBODY, lambda raw, _: len(raw), 0).take(path):
        pass
    sessions = list(await store.sessions(limit=1_000_000))
    if not sessions:
        message = f"{path} holds no session that could be replayed"
        raise NotFound(message)
    return sessions


@contextmanager
def playing(path: str | Path) -> Iterator[Cassette]:
    """The cassette of an export, or of anything else that can be imported. Raises ``HttpError``."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = _Playing(Path(path), listener)
        thread.start()
        thread.ready.wait(PATIENCE)
        try:
            if thread.failure is not None:
                raise thread.failure
            yield thread.cassette
        finally:
            thread.stop()
