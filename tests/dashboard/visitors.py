"""Who looks at the pages without a browser: an HTTP client, over a store with something in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from proxy.access import Access
from proxy.api.gate import Gate as Readers
from proxy.dashboard.desk import Desk
from proxy.dashboard.gate import Gate
from proxy.dashboard.routes import page_routes
from proxy.dashboard.scribe import Scribe
from proxy.reflecting import Reflector, shipped_stop_words
from storage.opening import open_store
from storage.ports import Store
from tests.cli.recordings import called, forked
from tests.cli.rows import NOON
from tests.servers import running

SECRET = b"k" * 32
VITALS: Mapping[str, Any] = {
    "queued_bytes": 0,
    "stalled": False,
    "spooled_bytes": 0,
    "lost_exchanges": 0,
    "upstreams": {"default": {"state": "closed", "failures": 0}, "other": {"state": "open", "failures": 3}},
}


def desk_over(store: Store, token: str = "", vitals: Mapping[str, Any] = VITALS) -> Desk:
    """A desk at noon."""
    gate = Gate(SECRET, Readers(Access(SECRET, "key", require_key=False, keys=()), token, "127.0.0.1"))
    reflector = Reflector(store, 0.5, shipped_stop_words())
    scribe = Scribe(lambda: 0.0)
    erase, vital = store.erasures.erase, lambda: vitals
    return Desk(store, gate, scribe, lambda: NOON, asyncio.Event(), reflector, vital, erase, lambda *_: 7)


@asynccontextmanager
async def stored(folder: Path) -> AsyncIterator[Store]:
    """A store with two sessions, one of them with a fork."""
    store = await open_store(f"sqlite:///{folder}/steno.db")
    try:
        await store.write([*forked(), *called()])
        await store.index(1000)
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def visitor(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the pages."""
    app = Starlette(routes=page_routes(desk))
    async with running(app) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
        yield client
        desk.closing.set()
