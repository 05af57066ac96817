"""The addresses of the pages, and the files beside them."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.routing import Mount, Route

from proxy.config import RESERVED_NAMES
from proxy.dashboard.pages import STATIC
from proxy.dashboard.rooms import ROOMS
from proxy.dashboard.routes import page_routes
from tests.dashboard.visitors import desk_over, stored, visitor


async def test_every_address_is_one_that_names_no_provider(tmp_path: Path) -> None:
    async with stored(tmp_path) as store:
        routes = page_routes(desk_over(store))
    rooms = {route.path.split("/")[1] for route in routes if isinstance(route, Route | Mount)} - {""}
    assert rooms == ROOMS
    assert rooms <= RESERVED_NAMES


@pytest.mark.parametrize("library", ["htmx", "uplot", "pico"])
def test_what_others_wrote_lies_beside_its_licence(library: str) -> None:
    text = (STATIC / "licences" / f"{library}.txt").read_text(encoding="utf-8")
    assert "ermission" in text


async def test_scripts_and_styles_are_served_and_nothing_beside_them(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        script = await client.get("/static/htmx.min.js")
        assert script.headers["content-type"].startswith("text/javascript")
        for path in ("/static/../pages.py", "/static/%2e%2e/pages.py", "/static/", "/static/licences/"):
            assert (await client.get(path)).status_code == 404
