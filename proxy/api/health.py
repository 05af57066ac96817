"""Is it alive, and does its store take records?"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from proxy.breaker import Breakers
from proxy.recorder import Recorder
from storage.ports import Store, StoreError


def health_routes(store: Store, recorder: Recorder, breakers: Breakers) -> list[Route]:
    """``/healthz`` and ``/readyz``."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        state = {"status": "ready", **vitals(recorder, breakers)}
        why = recorder.counters.failing or await _refusal(store)
        if not why:
            return JSONResponse(state)
        return JSONResponse(state | {"status": "store_unavailable", "reason": why}, status_code=503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def vitals(recorder: Recorder, breakers: Breakers) -> dict[str, Any]:
    """How the recorder and the upstreams are doing."""
    counters = recorder.counters
    return {
        "queued_bytes": counters.queued_bytes,
        "stalled": counters.stalled,
        "spooled_bytes": recorder.spool.pending,
        "lost_exchanges": counters.lost,
        "upstreams": breakers.told(),
    }


async def _refusal(store: Store) -> str:
    """Why the store would take nothing; empty if it would."""
    try:
        await store.probe()
    except StoreError as error:
        return str(error)
    return ""
