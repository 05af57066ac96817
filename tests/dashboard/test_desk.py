"""What holds for every page: who may see it, its headers, and what a failure looks like."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.routing import Route

from proxy.dashboard.desk import HEADERS, LARGEST_FORM
from proxy.dashboard.routes import page_routes
from storage.ports import StoreError
from tests.cli.recordings import FORKED
from tests.dashboard.visitors import desk_over, stored, visitor
from tests.stores import open_gated


@pytest.mark.parametrize(
    "path", ["/", f"/sessions/{FORKED}", "/sessions/nope", "/totals", "/health", "/reflection", "/static/steno.js"]
)
async def test_every_answer_forbids_what_it_does_not_need(tmp_path: Path, path: str) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        answer = await client.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    if not path.startswith("/static"):
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert not any(mark in answer.text for mark in (" style=", " onclick=", "javascript:"))


async def test_a_strange_host_is_shut_out(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        answer = await client.get("/", headers={"host": "evil.example"})
    assert answer.status_code == 403
    assert "whales" not in answer.text


async def test_with_a_token_every_page_asks_for_it(tmp_path: Path) -> None:
    async with stored(tmp_path) as store:
        desk = desk_over(store, "letmein")
        async with visitor(desk) as client:
            for route in page_routes(desk):
                if not isinstance(route, Route) or "GET" not in (route.methods or ()):
                    continue
                path = re.sub(r"{\w+:int}", "1", route.path)
                answer = await client.get(re.sub(r"{\w+}", FORKED, path))
                assert answer.status_code == 401
                assert "whales" not in answer.text


async def test_after_the_first_page_the_others_are_ready(tmp_path: Path) -> None:
    async with stored(tmp_path) as store:
        desk = desk_over(store)
        assert not desk.pages.is_warm
        async with visitor(desk) as client:
            assert (await client.get("/totals")).status_code == 200
            assert (await client.get("/health")).status_code == 200
        assert desk.pages.is_warm
        desk.warm()
        assert desk.scribe.is_ready


async def test_whoever_asks_whether_anybody_is_there_is_told_so(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store, "letmein")) as client:
        assert (await client.head("/", headers={"host": "steno.example"})).status_code == 200


async def test_what_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        for path in ("/sessions/nope", f"/sessions/{FORKED}?branch=9", f"/sessions/{FORKED}?at=999", "/exchanges/x"):
            answer = await client.get(path)
            assert answer.status_code == 404
            assert "That did not work" in answer.text


async def test_a_store_that_fails_is_told(tmp_path: Path) -> None:
    gated = await open_gated(f"sqlite:///{tmp_path}/steno.db")
    await gated.close()
    async with visitor(desk_over(gated.port)) as client:
        answer = await client.get("/")
    assert answer.status_code == 503
    assert "the store is closed" in answer.text
    assert issubclass(StoreError, Exception)


async def test_a_form_without_an_end_is_not_read(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store, "letmein")) as client:
        answer = await client.post("/login", content=b"x" * (LARGEST_FORM + 1))
    assert answer.status_code == 413
