"""Whether the proxy says truly that it is alive, and whether its store takes records."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from proxy.api.health import health_routes
from proxy.breaker import Breakers
from tests.desks import Desk, desk, user
from tests.servers import running


def at_rest() -> Breakers:
    """Upstreams of which nothing is known."""
    return Breakers(["default"], lambda: 0.0)


@asynccontextmanager
async def probed(at: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """Someone who probes the pages of a desk."""
    pages = Starlette(routes=health_routes(at.store.port, at.recorder, at_rest()))
    async with running(pages) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
        yield client


async def test_a_proxy_that_answers_is_alive_whatever_its_store_does(tmp_path: Path) -> None:
    async with desk(tmp_path, works=False) as at, probed(at) as client:
        at.store.break_down()
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_store_that_takes_records_is_ready(tmp_path: Path) -> None:
    async with desk(tmp_path, works=False) as at, probed(at) as client:
        answer = await client.get("/readyz")
    told = {"status": "ready", "queued_bytes": 0, "stalled": False, "spooled_bytes": 0, "lost_exchanges": 0}
    upstreams = {"default": {"state": "closed", "failures": 0}}
    assert (answer.status_code, answer.json()) == (200, told | {"upstreams": upstreams})


async def test_what_waits_for_the_store_and_what_was_lost_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path, works=False) as at, probed(at) as client:
        await at.ask([user("hi")])
        at.recorder.counters.lost = 2
        told = (await client.get("/readyz")).json()
    assert told["status"] == "ready"
    assert told["queued_bytes"] > 0
    assert told["lost_exchanges"] == 2


async def test_a_store_that_refuses_is_not_ready_and_says_why(tmp_path: Path) -> None:
    async with desk(tmp_path, works=False) as at, probed(at) as client:
        at.store.break_down()
        refused = await client.get("/readyz")
        at.store.repair()
        again = await client.get("/readyz")
    assert (refused.status_code, refused.json()["status"]) == (503, "store_unavailable")
    assert refused.json()["reason"] == "the disk is full; free some space"
    assert refused.json()["queued_bytes"] == 0
    assert again.status_code == 200


async def test_what_the_recorder_met_counts_though_the_store_would_take_a_probe(tmp_path: Path) -> None:
    async with desk(tmp_path, works=False) as at, probed(at) as client:
        at.recorder.counters.failing = "the disk is slow"
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "the disk is slow")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_probe_with_head_is_answered_without_a_body(tmp_path: Path, path: str) -> None:
    async with desk(tmp_path, works=False) as at, probed(at) as client:
        answer = await client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
