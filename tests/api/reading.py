"""Someone who reads `/api` of a store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from proxy.errors import Unauthorized
from storage.opening import open_store
from storage.ports import Store
from storage.records import Record

NOW = 100_000_000
Routes = Callable[[Store, Callable[[Request], bytes | None], Callable[[], int]], list[Route]]


def owner_of(request: Request) -> bytes | None:
    """The owner named by the key: everyone's for the admin, nobody's without one."""
    key = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not key:
        message = "Show a key."
        raise Unauthorized(message)
    return None if key == "admin" else key.encode().ljust(16, b".")


@asynccontextmanager
async def reader(routes: Routes, records: Sequence[Record], key: str = "owner") -> AsyncIterator[httpx.AsyncClient]:
    """A client of the routes over a store that holds the records."""
    store = await open_store("sqlite://:memory:")
    await store.write(records)
    await store.index(1000)
    transport = httpx.ASGITransport(Starlette(routes=routes(store, owner_of, lambda: NOW)))
    headers = {"authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(transport=transport, base_url="http://steno", headers=headers) as client:
        yield client
    await store.close()
