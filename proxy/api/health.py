"""Is it alive, and does its store take records?"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from proxy.breaker import Breakers
from proxy.recorder import Recorder
from storage.ports import Store, StoreError


def health_routes(store: Store, recorder: Recorder, breakers: Breakers) -> list[Route]:
    """``/healthz``, ``/readyz`` and an answer for those who probe ``/``."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        counters = recorder.counters
        state = {
            "status": "ready",
            "queued_bytes": counters.queued_bytes,
            "stalled": counters.stalled,
            "spooled_bytes": recorder.spool.pending,
            "lost_exchanges": counters.lost,
            "upstreams": breakers.told(),
        }
        why = counters.failing or await _refusal(store)
        if not why:
            return JSONResponse(state)
        return JSONResponse(state | {"status": "store_unavailable", "reason": why}, status_code=503)

    async def root(_: Request) -> Response:
        return JSONResponse({"service": "steno", "base_url": "/v1"})

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/", root)]


async def _refusal(store: Store) -> str:
    """Why the store would take nothing; empty if it would."""
    try:
        await store.write(())
    except StoreError as error:
        return str(error)
    return ""
