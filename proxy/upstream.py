"""Bytes out, chunks back: the only file that names the HTTP client, and the only place where its errors become ours.

The client adds nothing and takes nothing away: no cookies, no redirects, no decompression, no headers of its own, no
proxies from the environment. A connection that failed is tried once more; nothing that may have reached the upstream is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from proxy.errors import UpstreamSilent, UpstreamUnreachable
from proxy.headers import Headers

OWN_HEADERS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
"""What the client would add of its own accord."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to an upstream. ``content`` is the whole body, or its pieces as they come."""

    provider: str
    method: str
    url: str
    headers: Headers
    content: bytes | AsyncIterable[bytes]


class Incoming:
    """The head of a reply, with its body still to come."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Sequence[tuple[bytes, bytes]] = response.headers.raw

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body's bytes as they arrive. Raises ``UpstreamCut`` if it breaks off."""
        stream = self._response.stream
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 (that is what the transport gives)
        try:
            async for chunk in stream:
                yield chunk
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            raise UpstreamCut(str(error)) from error

    async def close(self) -> None:
        """Let the connection go; one with an unfinished reply is closed."""
        await self._response.aclose()


class UpstreamCut(Exception):
    """The upstream broke off in the middle of its reply."""


class Upstream:
    """The connections to all upstreams."""

    def __init__(self, *, connect_seconds: float, idle_seconds: float, max_connections: int) -> None:
        self._connect_seconds = connect_seconds
        self._idle_seconds = idle_seconds or None
        self._max_connections = max_connections
        self._transport = AiohttpTransport(client=self._session, trust_env=False)
        self._urls: dict[str, httpx.URL] = {}

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._max_connections, ssl=self._transport.ssl_context, keepalive_timeout=30, ttl_dns_cache=60
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=OWN_HEADERS,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None),
            max_line_size=65_536,
            max_field_size=65_536,
        )

    async def send(self, outgoing: Outgoing) -> Incoming:
        """The head of the reply. Raises ``UpstreamUnreachable`` or ``UpstreamSilent``."""
        try:
            return await self._once(outgoing)
        except Unconnected:
            if not isinstance(outgoing.content, bytes):
                raise
            return await self._once(outgoing)

    async def _once(self, outgoing: Outgoing) -> Incoming:
        async with asyncio.timeout(self._idle_seconds) as idle, translated(outgoing):
            content = outgoing.content
            if not isinstance(content, bytes):
                content = _counted_from_its_end(content, idle, self._idle_seconds)
            request = httpx.Request(
                outgoing.method,
                self._url(outgoing.url),
                headers=list(outgoing.headers),
                content=content,
                extensions={"timeout": {"connect": self._connect_seconds}},
            )
            _keep_headers(request, outgoing)
            return Incoming(await self._transport.handle_async_request(request))

    def _url(self, text: str) -> httpx.URL:
        """Parsing a URL costs as much as all the rest of a request; there are few different ones."""
        url = self._urls.get(text)
        if url is None:
            if len(self._urls) > 1000:
                self._urls.clear()
            url = self._urls[text] = httpx.URL(text)
        return url

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.aclose()


def _keep_headers(request: httpx.Request, outgoing: Outgoing) -> None:
    """Take away what ``httpx`` adds by itself to a request with no body."""
    given = {name.lower() for name, _ in outgoing.headers}
    for name in ("content-length", "transfer-encoding"):
        if name.encode() not in given and name in request.headers:
            del request.headers[name]


async def _counted_from_its_end(
    content: AsyncIterable[bytes], idle: asyncio.Timeout, seconds: float | None
) -> AsyncIterator[bytes]:
    """An upload may take as long as it takes: the wait for the reply begins with its end."""
    idle.reschedule(None)
    async for chunk in content:
        yield chunk
    if seconds is not None:
        idle.reschedule(asyncio.get_running_loop().time() + seconds)


class Unconnected(UpstreamUnreachable):
    """No connection was made, so nothing can have reached the upstream."""


@asynccontextmanager
async def translated(outgoing: Outgoing) -> AsyncIterator[None]:
    """Errors of the HTTP client as errors of ours."""
    provider, host = outgoing.provider, httpx.URL(outgoing.url).netloc.decode()
    try:
        yield
    except httpx.ConnectError as error:
        message = (
            f"No connection to the upstream {provider!r} at {host}: {error}. Check its base_url, that it runs, "
            "and that this machine reaches it."
        )
        raise Unconnected(message, param=provider) from error
    except httpx.HTTPError as error:
        if isinstance(error.__cause__, aiohttp.ConnectionTimeoutError):
            message = f"The upstream {provider!r} at {host} did not accept a connection in time. Check its base_url."
            raise Unconnected(message, param=provider) from error
        message = f"The upstream {provider!r} at {host} closed the connection before it answered: {error}. Try again."
        raise UpstreamUnreachable(message, code="upstream_closed", param=provider) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        if isinstance(error, TimeoutError):
            message = (
                f"The upstream {provider!r} at {host} gave no answer in upstream.idle_seconds; raise it or try again."
            )
            raise UpstreamSilent(message, param=provider) from error
        message = f"The upstream {provider!r} at {host} answered with what is no HTTP: {error}."
        raise UpstreamUnreachable(message, code="upstream_invalid", param=provider) from error


async def reachable(base_url: str, seconds: float) -> str | None:
    """Why an upstream can't be reached; ``None`` if it answers at all, with whatever status."""
    upstream = Upstream(connect_seconds=seconds, idle_seconds=seconds, max_connections=1)
    try:
        incoming = await upstream.send(Outgoing("upstream", "GET", f"{base_url.rstrip('/')}/models", (), b""))
        await incoming.close()
    except (UpstreamUnreachable, UpstreamSilent) as error:
        return str(error)
    finally:
        await upstream.close()
    return None
