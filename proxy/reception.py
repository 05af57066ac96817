"""All that reads what was recorded, put together: ``/api``, replays, the pages, tools for agents.

To load it takes time and memory that a proxy which nobody looks at doesn't need: only the lobby asks for it.
"""

from __future__ import annotations

import asyncio
from functools import partial
from time import monotonic

from starlette.applications import Starlette
from starlette.routing import Route

from proxy.api.endpoints import Desk
from proxy.api.gate import Gate
from proxy.api.health import vitals
from proxy.api.routes import api_routes
from proxy.clock import now
from proxy.config import Settings
from proxy.dashboard import desk as dashboard
from proxy.dashboard.gate import Gate as PageGate
from proxy.dashboard.routes import page_routes
from proxy.dashboard.scribe import Scribe
from proxy.erasure import Eraser
from proxy.exchange import answer
from proxy.mcp.door import PATH, Agents
from proxy.mcp.past import Past
from proxy.reflecting import Reflector, shipped_stop_words
from proxy.replay.app import replay_routes
from proxy.rooms import Rooms
from proxy.savings import priced
from storage.ports import Store


async def pages_of(settings: Settings, rooms: Rooms, store: Store, closing: asyncio.Event) -> Starlette:
    """The application of all these."""
    access, recorder, breakers = rooms.reader.access, rooms.recorder, rooms.forwarder.breakers
    token = settings.access.admin_token.get_secret_value()
    stop_words = await asyncio.to_thread(shipped_stop_words)
    reflector = Reflector(store, settings.reflection.confidence_threshold, stop_words)
    gate = Gate(access, token, settings.server.host)
    price = priced(rooms.meter.price, settings.upstream.base_url)
    told = partial(vitals, recorder, breakers)
    desk = Desk(
        store=store,
        recorder=recorder,
        gate=gate,
        meter=rooms.meter,
        clock=now,
        run=rooms.run,
        max_body_bytes=rooms.max_body_bytes,
        reflector=reflector,
        vitals=told,
        price=price,
    )
    shown = dashboard.Desk(
        store=store,
        gate=PageGate(access.secret, gate),
        scribe=Scribe(monotonic),
        clock=now,
        closing=closing,
        reflector=reflector,
        vitals=told,
        erase=Eraser(store, recorder).erase,
        price=price,
    )
    read = [*api_routes(desk), *replay_routes(store, desk.replays, limit=rooms.max_body_bytes), *page_routes(shown)]
    agents = Agents(partial(Past, store, reflector), lambda *asked: gate.caller(*asked).sees, answer)
    return Starlette(routes=[*read, Route(PATH, agents)])
