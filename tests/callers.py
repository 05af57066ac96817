"""Requests to the application, most without a server around it, and what the store holds of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from starlette.types import ASGIApp, Message, Scope, Send

from proxy.application import application
from proxy.config import Settings, load_settings
from proxy.server import running as serving
from proxy.standin import create_standin
from proxy.standin.journal import Journal
from storage.opening import open_store
from storage.records import ExchangeRow
from tests.servers import running

BODY = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "Count to 9"}]}).encode()


@dataclass(slots=True)
class Caller:
    """One request without a server around it."""

    app: ASGIApp
    journal: Journal
    sent: list[Message] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, wish: str, send: Send | None = None) -> None:
        """Ask, and stay until the app is done."""
        waiting: list[Message] = [{"type": "http.request", "body": BODY, "more_body": False}]

        async def receive() -> Message:
            return waiting.pop() if waiting else await asyncio.Future()

        scope: Scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/chat/completions",
            "raw_path": b"/v1/chat/completions",
            "query_string": b"",
            "headers": [(b"x-standin", wish.encode())],
        }
        await self.app(scope, receive, send or self.send)

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if message.get("body"):
            self.came.set()


def settings_in(folder: Path, upstream: str) -> Settings:
    """Settings for a store in a folder."""
    url = f"sqlite:///{folder}/steno.db"
    return load_settings(None, {"store.url": url, "upstream.base_url": f"{upstream}/v1"}, {})


@asynccontextmanager
async def calling(folder: Path) -> AsyncIterator[Caller]:
    """The app in front of a stand-in."""
    standin = create_standin()
    async with running(standin) as upstream, application(settings_in(folder, upstream)) as app:
        yield Caller(app, standin.state.standin.journal)


async def only_exchange(folder: Path) -> ExchangeRow:
    """The one that is in the store."""
    store = await open_store(f"sqlite:///{folder}/steno.db", readonly=True)
    (row,) = await store.exchanges()
    await store.close()
    return row


async def answer_at(path: str, folder: Path) -> httpx.Response:
    """What a proxy with a new store in a folder answers there, over a real server."""
    settings = load_settings(None, {"server.port": 0, "store.url": f"sqlite:///{folder}/steno.db"}, {})
    async with serving(settings) as base_url, httpx.AsyncClient(trust_env=False, timeout=60) as http:
        return await http.get(f"{base_url}{path}")
