"""Which paths are Steno's own, and the way to those who answer there.

Health is at hand; all that reads what was recorded is opened when somebody first asks for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from proxy.api.health import health_routes
from proxy.config import Settings
from proxy.dashboard.rooms import ROOMS
from proxy.rooms import Rooms
from storage.ports import Store

OWN_PATHS = frozenset({"/", "/healthz", "/readyz"})
OWN_FOLDERS = ("/api/", "/replay/")
DESKS = frozenset({"/mcp", "/metrics"})
HEALTH = frozenset({"/healthz", "/readyz"})
READING = frozenset({"GET", "HEAD"})


def is_own(path: str, method: str) -> bool:
    """Whether a path is one of Steno's own."""
    own = path in DESKS or path.startswith(OWN_FOLDERS) or path[1:].partition("/")[0] in ROOMS
    return own or (path in OWN_PATHS and method in READING)


class Lobby:
    """The ASGI application on these paths. ``open_rooms`` is awaited once, by the first who asks."""

    def __init__(self, health: ASGIApp, open_rooms: Callable[[], Awaitable[ASGIApp]]) -> None:
        self._health = health
        self._open_rooms = open_rooms
        self._rooms: ASGIApp | None = None
        self._opening = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show the way."""
        probes = scope["path"] == "/" and scope["method"] == "HEAD"
        answers = self._health if probes or scope["path"] in HEALTH else await self._opened()
        await answers(scope, receive, send)

    async def _opened(self) -> ASGIApp:
        async with self._opening:
            if self._rooms is None:
                self._rooms = await self._open_rooms()
        return self._rooms


def lobby_of(settings: Settings, rooms: Rooms, store: Store, closing: asyncio.Event) -> Lobby:
    """The lobby of one server; ``closing`` is set when it begins to stop."""

    async def open_rooms() -> ASGIApp:
        reception = await asyncio.to_thread(import_module, "proxy.reception")
        pages: ASGIApp = await reception.pages_of(settings, rooms, store, closing)
        return pages

    health = health_routes(store, rooms.recorder, rooms.forwarder.breakers)
    return Lobby(Starlette(routes=[*health, Route("/", _alive)]), open_rooms)


async def _alive(_: Request) -> Response:
    """Some clients knock before they come in."""
    return Response(media_type="text/html")
