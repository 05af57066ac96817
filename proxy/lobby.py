"""Which paths are Steno's own, and the way to those who answer there.

Health is at hand. Rooms in which what was recorded is read are opened when somebody first asks for them, the one with
the pages also before that, in quiet moments: who looks at a page doesn't want to wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from proxy.api.health import health_routes
from proxy.config import Settings
from proxy.dashboard.rooms import ROOMS
from proxy.quiet import aside
from proxy.rooms import Rooms
from storage.ports import Store, StoreError

OWN_PATHS = frozenset({"/", "/healthz", "/readyz"})
OWN_FOLDERS = ("/api/", "/replay/")
DESKS = frozenset({"/mcp", "/metrics"})
HEALTH = frozenset({"/healthz", "/readyz"})
READING = frozenset({"GET", "HEAD"})
PIECES = ("jinja2", "proxy.dashboard.dialogue", "proxy.dashboard.desk", "proxy.dashboard.routes", "proxy.reception")
"""What the pages are made with, none of which takes long to load once those before it are."""


def is_own(path: str, method: str) -> bool:
    """Whether a path is one of Steno's own."""
    own = path in DESKS or path.startswith(OWN_FOLDERS) or path[1:].partition("/")[0] in ROOMS
    return own or (path in OWN_PATHS and method in READING)


class Opened(NamedTuple):
    """A room that was opened.

    ``chore`` does a piece of what may be done before it is needed, until nothing is left; unless one is given, nothing
    is. ``ahead`` then finds out what takes long and will be asked for.
    """

    serves: ASGIApp
    chore: Callable[[], bool] = bool
    ahead: Callable[[], Awaitable[object]] | None = None


class Room:
    """An ASGI application that is made when it is first needed."""

    def __init__(self, opens: Callable[[], Awaitable[Opened]]) -> None:
        self._opens = opens
        self._opened: Opened | None = None
        self._opening = asyncio.Lock()

    async def opened(self) -> Opened:
        """All who come wait for the same one."""
        async with self._opening:
            if self._opened is None:
                self._opened = await self._opens()
        return self._opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve there."""
        await (await self.opened()).serves(scope, receive, send)


class Lobby:
    """The ASGI application on these paths: ``pages`` are for people, the ``hatch`` is for programs."""

    def __init__(self, health: ASGIApp, pages: Room, hatch: Room) -> None:
        self._health = health
        self._pages = pages
        self._hatch = hatch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show the way."""
        await self._way(scope["path"], scope["method"])(scope, receive, send)

    def _way(self, path: str, method: str) -> ASGIApp:
        if path in HEALTH or (path == "/" and method == "HEAD"):
            return self._health
        return self._hatch if path in DESKS or path.startswith(OWN_FOLDERS) else self._pages

    async def prepare(self, moment: Callable[[], Awaitable[None]], ready: Callable[[], None]) -> None:
        """Open the pages, a piece in each quiet moment; first come the modules that they need."""
        for module in PIECES:
            await moment()
            await aside(partial(import_module, module))
        await moment()
        room = await self._pages.opened()
        while await aside(room.chore):
            await moment()
        ready()
        if room.ahead is not None:
            await moment()
            with suppress(StoreError):  # whoever asks is told
                await room.ahead()


def lobby_of(settings: Settings, rooms: Rooms, store: Store, closing: asyncio.Event) -> Lobby:
    """The lobby of one server; ``closing`` is set when it begins to stop."""

    async def pages() -> Opened:
        reception = await asyncio.to_thread(import_module, "proxy.reception")
        return Opened(*reception.pages_of(settings, rooms, store, closing))

    async def hatch() -> Opened:
        module = await asyncio.to_thread(import_module, "proxy.hatch")
        return Opened(module.programs_of(settings, rooms, store))

    health = health_routes(store, rooms.recorder, rooms.forwarder.breakers)
    return Lobby(Starlette(routes=[*health, Route("/", _alive)]), Room(pages), Room(hatch))


async def _alive(_: Request) -> Response:
    """Some clients knock before they come in."""
    return Response(media_type="text/html")
