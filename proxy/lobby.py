"""What Steno answers itself, in place of passing it on: ``/api``, replays, the pages, health; and on which paths."""

from __future__ import annotations

import asyncio
from functools import partial
from time import monotonic

from starlette.applications import Starlette
from starlette.routing import Route

from proxy.api.endpoints import Desk
from proxy.api.gate import Gate
from proxy.api.health import health_routes, vitals
from proxy.api.routes import api_routes
from proxy.clock import now
from proxy.confidence import share_of
from proxy.config import Settings
from proxy.dashboard import desk as dashboard
from proxy.dashboard.gate import Gate as PageGate
from proxy.dashboard.routes import ROOMS, page_routes
from proxy.dashboard.scribe import Scribe
from proxy.exchange import Rooms, answer
from proxy.mcp.door import Agents
from proxy.mcp.past import Past
from proxy.reflecting import Reflector, shipped_stop_words
from proxy.replay.app import replay_routes
from storage.ports import Store

OWN_PATHS = frozenset({"/", "/healthz", "/readyz"})
OWN_FOLDERS = ("/api/", "/replay/")
AGENTS = "/mcp"
READING = frozenset({"GET", "HEAD"})


def is_own(path: str, method: str) -> bool:
    """Whether a path is one of Steno's own."""
    own = path == AGENTS or path.startswith(OWN_FOLDERS) or path[1:].partition("/")[0] in ROOMS
    return own or (path in OWN_PATHS and method in READING)


async def pages_of(settings: Settings, rooms: Rooms, store: Store, closing: asyncio.Event) -> Starlette:
    """All that is read in place of being passed on: ``/api``, replays, the pages, health."""
    access, recorder, breakers = rooms.reader.access, rooms.recorder, rooms.forwarder.breakers
    token = settings.access.admin_token.get_secret_value()
    stop_words = await asyncio.to_thread(shipped_stop_words)
    reflector = Reflector(store, settings.reflection.confidence_threshold, share_of, stop_words)
    gate = Gate(access, token, settings.server.host)
    desk = Desk(store, recorder, gate, rooms.meter, now, rooms.run, rooms.max_body_bytes)
    shown = dashboard.Desk(
        store=store,
        gate=PageGate(access.secret, token),
        scribe=Scribe(monotonic),
        clock=now,
        closing=closing,
        reflector=reflector,
        vitals=lambda: vitals(recorder, breakers),
        forget=recorder.forget,
    )
    read = [*api_routes(desk, reflector), *replay_routes(store, desk.replays), *page_routes(shown)]
    agents = Agents(partial(Past, store), lambda *asked: gate.caller(*asked).sees, answer)
    return Starlette(routes=[*health_routes(store, recorder, breakers), *read, Route(AGENTS, agents)])
