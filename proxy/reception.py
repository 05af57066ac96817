"""The pages, put together with all that they read.

To load them takes time and memory that a proxy which nobody looks at doesn't need at once: only the lobby asks for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic

from starlette.applications import Starlette

from proxy.api.gate import Gate
from proxy.api.health import vitals
from proxy.clock import now
from proxy.config import Settings
from proxy.dashboard.desk import Desk
from proxy.dashboard.gate import Gate as PageGate
from proxy.dashboard.overview import LATEST
from proxy.dashboard.routes import page_routes
from proxy.dashboard.scribe import Scribe
from proxy.erasure import Eraser
from proxy.reflecting import Reflector, Span
from proxy.rooms import Rooms
from proxy.savings import priced
from storage.ports import Store


def pages_of(
    settings: Settings, rooms: Rooms, store: Store, closing: asyncio.Event
) -> tuple[Starlette, Callable[[], bool], Callable[[], Awaitable[object]]]:
    """Their application, what makes one more of their templates ready, and what reflects before anybody asks."""
    access = rooms.reader.access
    gate = Gate(access, settings.access.admin_token.get_secret_value(), settings.server.host)
    desk = Desk(
        store=store,
        gate=PageGate(access.secret, gate),
        scribe=Scribe(monotonic),
        clock=now,
        closing=closing,
        reflector=Reflector(store, settings.reflection.confidence_threshold),
        vitals=partial(vitals, rooms.recorder, rooms.forwarder.breakers),
        erase=Eraser(store, rooms.recorder).erase,
        price=priced(rooms.meter.price, settings.upstream.base_url),
    )
    ahead = partial(desk.reflector.reflect, None, Span(LATEST))
    return Starlette(routes=page_routes(desk)), desk.pages.warm_one, ahead
