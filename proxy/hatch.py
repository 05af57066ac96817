"""The hatch at which programs read what was recorded: ``/api``, replays, tools for agents.

To load it takes time and memory that a proxy which nobody asks doesn't need: only the lobby asks for it.
"""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette
from starlette.routing import Route

from proxy.api.endpoints import Desk
from proxy.api.gate import Gate
from proxy.api.health import vitals
from proxy.api.routes import api_routes
from proxy.clock import now
from proxy.config import Settings
from proxy.exchange import answer
from proxy.mcp.door import PATH, Agents
from proxy.mcp.past import Past
from proxy.reflecting import Reflector
from proxy.replay.app import replay_routes
from proxy.rooms import Rooms
from proxy.savings import priced
from storage.ports import Store


def programs_of(settings: Settings, rooms: Rooms, store: Store) -> Starlette:
    """The application of all these."""
    gate = Gate(rooms.reader.access, settings.access.admin_token.get_secret_value(), settings.server.host)
    desk = Desk(
        store=store,
        recorder=rooms.recorder,
        gate=gate,
        meter=rooms.meter,
        clock=now,
        run=rooms.run,
        max_body_bytes=rooms.max_body_bytes,
        reflector=Reflector(store, settings.reflection.confidence_threshold),
        vitals=partial(vitals, rooms.recorder, rooms.forwarder.breakers),
        price=priced(rooms.meter.price, settings.upstream.base_url),
    )
    agents = Agents(partial(Past, store, desk.reflector), lambda *asked: gate.caller(*asked).sees, answer)
    replays = replay_routes(store, desk.replays, limit=rooms.max_body_bytes)
    return Starlette(routes=[*api_routes(desk), *replays, Route(PATH, agents)])
