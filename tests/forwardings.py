"""Requests on their way to upstreams that fail as a test wants, without a proxy around them."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from proxy.asked import Asked
from proxy.attempts import Backoff
from proxy.breaker import Breakers
from proxy.clock import now
from proxy.dialects.chat import Chat
from proxy.forwarding import Forwarder, Forwarding
from proxy.headers import Headers
from proxy.identity import NO_HINTS
from proxy.providers import Provider, Providers
from proxy.routing import Route
from proxy.upstream import Upstream
from tests.e2e.upstreams import RawUpstream, raw_reply, raw_upstream

CHAT = Chat()
PATH = "/chat/completions"
BODY = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}).encode()
LIMIT = 1 << 20
SAYS = {
    status: raw_reply(b"{}", status=b"%d Some" % status) for status in (200, 400, 401, 404, 408, 409, 429, 500, 503)
}


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def nowhere(name: str, **fields: Any) -> Provider:
    """A provider that can't be reached."""
    return Provider(name, f"http://127.0.0.1:{closed_port()}", **fields)


def asked_of(provider: Provider, body: bytes = BODY, **fields: Any) -> Asked:
    """A chat request, read."""
    route = Route(None, None, PATH)
    return Asked(route, provider, b"o" * 16, NO_HINTS, body, CHAT, CHAT.parse(body), **fields)


@dataclass(slots=True)
class Clock:
    """A breaker's; stands still until it is set."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass(slots=True)
class Field:
    """Two upstreams, ``a`` and ``b``, and a request's way to them."""

    a: RawUpstream
    b: RawUpstream
    room: Forwarder
    clock: Clock

    def provider(self, name: str, **fields: Any) -> Provider:
        """One of the two as a provider."""
        return Provider(name, {"a": self.a, "b": self.b}[name].url, **fields)

    def way(self, *providers: Provider, headers: Headers = (), **fields: Any) -> Forwarding:
        """A request to the first provider, which falls back on the others."""
        first, *others = providers
        first = replace(first, fallback=tuple(other.name for other in others))
        room = replace(self.room, providers=Providers([first, *others], []))
        given = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY)), *headers]
        return Forwarding(room, asked_of(first, **fields), "POST", given)

    async def status(self, way: Forwarding) -> int:
        """Send, and leave the reply."""
        incoming = await way.send()
        incoming.close()
        return incoming.status

    def both(self, **fields: Any) -> Forwarding:
        """A request to ``a``, which falls back on ``b``."""
        return self.way(self.provider("a"), self.provider("b"), **fields)


@asynccontextmanager
async def field_of(retries: int = 0, backoff: Backoff | None = None) -> AsyncIterator[Field]:
    """Two upstreams; nothing is waited for unless a test says so."""
    clock = Clock()
    upstream = Upstream(connect_seconds=5, idle_seconds=5, max_connections=10)
    breakers = Breakers(["a", "b", "c"], clock)
    room = Forwarder(upstream, Providers([], []), breakers, now, retries, backoff or Backoff(first=0.0), LIMIT)
    async with raw_upstream() as a, raw_upstream() as b:
        yield Field(a, b, room, clock)
        await upstream.close()


def tried(way: Forwarding) -> list[tuple[int, str, int, str]]:
    """What was noted of the attempts, less their times."""
    return [(one.number, one.provider, one.status, one.error) for one in way.attempts]
