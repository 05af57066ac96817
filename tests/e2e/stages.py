"""One proxy at work, in front of the stand-in and of an upstream that says to the byte what a test wants.

Everything runs in the test's own loop, so that tests wait for what happens and not for time.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import openai

from proxy.attempts import Backoff
from proxy.config import load_settings
from proxy.server import running as proxy_running
from proxy.standin import create_standin
from proxy.standin.app import Standin
from proxy.standin.journal import Entry, Journal
from storage.opening import open_store
from storage.ports import Store
from storage.records import Attempt, CallRow, ExchangeRow, MessageRow
from tests.e2e.upstreams import RawUpstream, raw_upstream
from tests.servers import running

CHAT = "/v1/chat/completions"
RAW_CHAT = "/raw/v1/chat/completions"
AT_ONCE = Backoff(first=0.0)
"""Tests wait for nothing."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that the store holds of one exchange and of its session."""

    exchange: ExchangeRow
    messages: Sequence[MessageRow]
    calls: Sequence[CallRow]
    sent: bytes | None
    reply: bytes | None
    attempts: Sequence[Attempt] = ()

    @property
    def said(self) -> list[tuple[str, str]]:
        """The session's messages as role and text."""
        return [(message.role, message.text) for message in self.messages]


@dataclass(frozen=True, slots=True)
class Stage:
    """A proxy at work; ``http`` is a client that knows its address and adds as little as it can."""

    base_url: str
    upstream_url: str
    store_url: str
    standin: Standin
    raw: RawUpstream
    http: httpx.AsyncClient

    @property
    def journal(self) -> Journal:
        """What the stand-in got."""
        return self.standin.journal

    @property
    def heard(self) -> Entry:
        """The stand-in's latest request."""
        return self.journal.entries[-1]

    def openai(self, key: str, **options: Any) -> openai.AsyncOpenAI:
        """The SDK, pointed at the proxy."""
        return openai.AsyncOpenAI(base_url=f"{self.base_url}/v1", api_key=key, max_retries=0, **options)

    async def chat(
        self, key: str, *messages: Any, wish: str = "", headers: Mapping[str, str] | None = None, **fields: Any
    ) -> httpx.Response:
        """A chat request; strings are user messages, ``wish`` is what shall go wrong."""
        listed = [{"role": "user", "content": one} if isinstance(one, str) else one for one in messages]
        body = {"model": "gpt-4o-mini", "messages": listed, **fields}
        return await self.post(CHAT, key, json.dumps(body).encode(), {"x-standin": wish, **(headers or {})})

    async def post(self, path: str, key: str, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """A JSON request."""
        given = {"authorization": f"Bearer {key}", "content-type": "application/json", **(headers or {})}
        return await self.http.post(path, content=body, headers={name: text for name, text in given.items() if text})

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Store]:
        """The store, beside the proxy that works on it."""
        store = await open_store(self.store_url, readonly=True)
        try:
            yield store
        finally:
            await store.close()

    async def recorded(self, response: httpx.Response | str) -> Recorded:
        """What was recorded of a reply, or of the exchange with that id."""
        name = response if isinstance(response, str) else response.headers["x-exchange-id"]
        return await self.looked_up(UUID(name).bytes)

    async def looked_up(self, exchange: bytes) -> Recorded:
        """What was recorded of an exchange."""
        async with self.reading() as store:
            found = next(row for row in await store.exchanges() if row.id == exchange)
            messages = await store.messages(found.session) if found.session else ()
            calls = await store.calls(found.session) if found.session else ()
            bodies = await store.sent(exchange), await store.reply(exchange)
            return Recorded(found, messages, calls, *bodies, await store.attempts(exchange))

    async def latest(self) -> Recorded:
        """What was recorded of the exchange before this, once it is: records are written in their order."""
        marker = await self.chat(f"sk-{uuid4()}", "Is it written?")
        async with self.reading() as store:
            rows = await store.exchanges()
        at = [row.id for row in rows].index(UUID(marker.headers["x-exchange-id"]).bytes)
        return await self.looked_up(rows[at + 1].id)

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A bare connection."""
        parts = urlsplit(self.base_url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def told(self, request: bytes) -> bytes:
        """All that is said to a request that closes its connection."""
        async with self.socket() as (reader, writer):
            writer.write(request)
            return await reader.read()


@asynccontextmanager
async def staged(backoff: Backoff = AT_ONCE, /, **flags: object) -> AsyncIterator[Stage]:
    """A proxy with some settings: ``staged(recording__raw="all")``. The provider ``raw`` is the scripted upstream."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        app = create_standin()
        upstream_url = await stack.enter_async_context(running(app))
        raw = await stack.enter_async_context(raw_upstream())
        chosen = {name.replace("__", "."): value for name, value in flags.items()}
        given = {
            "server.port": 0,
            "server.log_level": "error",
            "recording.commit_seconds": 30.0,
            "store.url": f"sqlite:///{folder}/steno.db",
            "upstream.base_url": f"{upstream_url}/v1",
            "providers.raw.base_url": raw.url,
            **chosen,
        }
        settings = load_settings(None, given, {})
        base_url = await stack.enter_async_context(proxy_running(settings, backoff))
        limits = httpx.Limits(max_keepalive_connections=0)
        client = httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=60, limits=limits)
        for name in list(client.headers):
            del client.headers[name]
        http = await stack.enter_async_context(client)
        yield Stage(base_url, upstream_url, settings.store.url, app.state.standin, raw, http)
