"""The wiring: which requests go to the exchanges, and which to pages of Steno's own."""

from __future__ import annotations

import asyncio
from pathlib import Path

from starlette.types import Message

from proxy.application import application, gateway
from proxy.config import load_settings


async def test_only_our_own_paths_go_to_the_pages() -> None:
    went: list[str] = []

    async def pages(*_: object) -> None:
        went.append("pages")

    async def exchanges(*_: object) -> None:
        went.append("exchanges")

    async def send(message: Message) -> None:
        went.append(str(message.get("status", "")))

    serve = gateway(exchanges, pages)
    for method, path, headers in (
        ("GET", "/healthz", []),
        ("HEAD", "/", []),
        ("POST", "/", []),
        ("POST", "/sessions/x/delete", []),
        ("GET", "/sessionsx/v1/models", []),
        ("GET", "/v1/models", []),
        ("GET", "/v1/responses", [(b"upgrade", b"WebSocket")]),
    ):
        scope = {"type": "http", "method": method, "path": path, "headers": headers}
        await serve(scope, asyncio.Event().wait, send)  # type: ignore[arg-type]  # nobody receives here
    assert went == ["pages", "pages", "exchanges", "pages", "exchanges", "exchanges", "426", ""]


async def test_a_server_opens_its_pages_before_anybody_asks(tmp_path: Path) -> None:
    settings = load_settings(None, {"store.url": f"sqlite:///{tmp_path}/steno.db"}, {})
    ready = asyncio.Event()
    async with application(settings, ready=ready.set):
        await ready.wait()
