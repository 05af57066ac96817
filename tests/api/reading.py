"""Someone who reads some calls of `/api` of a store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import httpx
from starlette.applications import Starlette

from proxy.api.endpoints import Desk, Endpoint
from proxy.api.gate import Caller, Gate
from proxy.api.routes import api_routes
from proxy.errors import Unauthorized
from proxy.headers import Headers
from proxy.identity import caller_key
from proxy.reflecting import Reflector
from proxy.reflection.words import StopWords
from storage.opening import open_store
from storage.records import Record

NOW = 100_000_000


class Doorman:
    """The gate of a house in which a key is its owner's name, and the admin's opens everything."""

    def caller(self, method: str, headers: Headers, peer: str) -> Caller:
        """Who calls."""
        key = caller_key(headers)
        if not key:
            message = "Show a key."
            raise Unauthorized(message)
        owner = key.encode().ljust(16, b".")
        return Caller(None if key == "admin" else owner, owner)


@asynccontextmanager
async def reader(
    endpoints: Sequence[Endpoint], records: Sequence[Record], key: str = "owner"
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the calls, which only read, over a store that holds the records."""
    async with AsyncExitStack() as stack:
        store = await open_store("sqlite://:memory:")
        stack.push_async_callback(store.close)
        await store.write(records)
        await store.index(1000)
        nothing = cast("Any", None)
        reflector = Reflector(store, 0.5, StopWords({}))
        desk = Desk(store, nothing, cast("Gate", Doorman()), nothing, lambda: NOW, b"", 0, reflector, dict)
        transport = httpx.ASGITransport(Starlette(routes=api_routes(desk, endpoints)))
        headers = {"authorization": f"Bearer {key}"} if key else {}
        yield await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://steno", headers=headers)
        )
