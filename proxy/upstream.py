"""Bytes out, chunks back: the only file that names the HTTP client, and the only place where its errors become ours.

The client adds nothing and takes nothing away: no cookies, no redirects, no decompression, no headers of its own, no
proxies from the environment. Nothing is tried twice here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from typing import NamedTuple

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport
from yarl import URL

from proxy.errors import HttpError, UpstreamSilent, UpstreamUnreachable
from proxy.headers import Headers, values_of

CERTIFICATES = httpx.create_ssl_context(trust_env=False)
# The client has loaded a set of its own, a megabyte, which it would use where it is given none.
aiohttp.connector._SSL_CONTEXT_VERIFIED = CERTIFICATES  # noqa: SLF001

OWN_HEADERS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
"""What the client would add of its own accord."""


class Outgoing(msgspec.Struct, frozen=True):
    """A request to an upstream. ``content`` is the whole body, or its pieces as they come."""

    provider: str
    method: str
    url: str
    headers: Headers
    content: bytes | AsyncIterable[bytes]


SHORT = 2048
"""Only addresses of up to so many characters are remembered."""

LARGE = 262_144
"""Bodies of more bytes than this are written piece by piece."""


class Transport(AiohttpTransport):
    """Sends a request as it is: the transport that this is made of joins headers of one name and rewrites URLs."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The head of the reply."""
        if not isinstance(self.client, aiohttp.ClientSession):
            self.client = self.get_client()
        assert isinstance(request, Sent)  # noqa: S101 (nobody else has this transport)
        content = request.content_sent
        response = await self.client.request(
            request.method,
            request.address.sent,
            headers=[(_text(name), _text(value)) for name, value in request.headers_sent],
            data=_in_pieces(content) if isinstance(content, bytes) and len(content) > LARGE else content or None,
            allow_redirects=False,
        )
        return Received(response)


class Address(NamedTuple):
    """A URL, parsed for both: that costs as much as all the rest of a request."""

    url: httpx.URL
    sent: URL


class Sent(httpx.Request):
    """A request as the transport needs it. What httpx would work out of headers and body, nobody looks at."""

    def __init__(self, address: Address, outgoing: Outgoing, content: bytes | AsyncIterable[bytes]) -> None:
        self.method = outgoing.method
        self.url = address.url
        self.address = address
        self.headers_sent = outgoing.headers
        self.content_sent = content


class Received(httpx.Response):
    """The head of a reply, its headers as they came."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status_code = response.status
        self.body = Body(response)
        self.headers_came: Headers = response.raw_headers


async def _in_pieces(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), LARGE):
        yield content[at : at + LARGE]


def _text(data: bytes) -> str:
    """What is written as these bytes again, if they are UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


class Body:
    """A reply's bytes as they arrive, those before a break to the last. No generator gives them: for a short reply,
    making it would be most of the work."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def read(self) -> bytes:
        """The next piece; empty at the end. Raises ``UpstreamCut``."""
        content = self._response.content
        try:
            return await content.readany()
        except (aiohttp.ClientError, OSError) as error:
            # The reader raises at once, with bytes still unread, and then each time.
            left = content._read_nowait(-1)  # noqa: SLF001
            if left:
                return left
            raise UpstreamCut(str(error)) from error

    def close(self) -> None:
        """Let the connection go."""
        self._response.release()


class Incoming:
    """The head of a reply, with its body still to come."""

    def __init__(self, response: httpx.Response) -> None:
        assert isinstance(response, Received)  # noqa: S101 (that is what the transport gives)
        self._body = response.body
        self.status = response.status_code
        self.headers = response.headers_came
        self.values = values_of(self.headers)
        self._begun: deque[bytes] = deque()

    async def beginning(self, limit: int) -> bytes:
        """The body up to about so many bytes; ``read`` gives them again. Raises ``UpstreamCut`` if it breaks off."""
        while sum(map(len, self._begun)) < limit:
            chunk = await self._body.read()
            if not chunk:
                break
            self._begun.append(chunk)
        return b"".join(self._begun)

    async def read(self) -> bytes:
        """The next bytes as they arrive; empty at the end. Raises ``UpstreamCut`` if it breaks off."""
        return self._begun.popleft() if self._begun else await self._body.read()

    async def whole(self) -> bytes:
        """All that is left of the body. Raises ``UpstreamCut`` if it breaks off."""
        pieces: list[bytes] = []
        while piece := await self.read():
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Let the connection go; one with an unfinished reply is closed."""
        self._body.close()


class UpstreamCut(Exception):
    """The upstream broke off in the middle of its reply."""


class Upstream:
    """The connections to all upstreams."""

    def __init__(self, *, connect_seconds: float, idle_seconds: float, max_connections: int) -> None:
        self._connect_seconds = connect_seconds
        self._idle_seconds = idle_seconds or None
        self._max_connections = max_connections
        self._transport = Transport(client=self._session, verify=CERTIFICATES, trust_env=False)
        self._addresses: dict[str, Address] = {}

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._max_connections, ssl=self._transport.ssl_context, keepalive_timeout=30, ttl_dns_cache=60
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=OWN_HEADERS,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_seconds),
            max_line_size=65_536,
            max_field_size=65_536,
        )
        # It would send what may be repeated in HTTP's sense twice, after an old connection broke.
        session._retry_connection = False  # noqa: SLF001
        return session

    async def send(self, outgoing: Outgoing) -> Incoming:
        """The head of the reply. Raises ``UpstreamUnreachable`` or ``UpstreamSilent``."""
        try:
            async with asyncio.timeout(self._idle_seconds) as idle:
                incoming = Incoming(await self._transport.handle_async_request(self._request(outgoing, idle)))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise translated(error, outgoing) from error
        if not 200 <= incoming.status < 600:
            incoming.close()
            raise translated(ValueError(f"status {incoming.status}"), outgoing)
        return incoming

    def _request(self, outgoing: Outgoing, idle: asyncio.Timeout) -> httpx.Request:
        content = outgoing.content
        if not isinstance(content, bytes):
            content = _counted_from_its_end(content, idle, self._idle_seconds)
        return Sent(self._address(outgoing.url), outgoing, content)

    def _address(self, text: str) -> Address:
        address = self._addresses.get(text)
        if address is None:
            if len(self._addresses) > 1000:
                self._addresses.clear()
            url = httpx.URL(text)
            address = Address(url, URL(str(url), encoded=True))
            if len(text) <= SHORT:
                self._addresses[text] = address
        return address

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.aclose()


async def _counted_from_its_end(
    content: AsyncIterable[bytes], idle: asyncio.Timeout, seconds: float | None
) -> AsyncIterator[bytes]:
    """An upload may take as long as it takes: the wait for the reply begins with its end."""
    with suppress(RuntimeError):
        idle.reschedule(None)
    async for chunk in content:
        yield chunk
    # Where the reply began earlier than the upload ended, the wait is over already.
    with suppress(RuntimeError):
        idle.reschedule(asyncio.get_running_loop().time() + seconds if seconds is not None else None)


UNCONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""No connection was made, so nothing can have reached the upstream."""


def translated(error: Exception, outgoing: Outgoing) -> HttpError:
    """An error of the HTTP client as one of ours."""
    provider = outgoing.provider
    where, why = f"The upstream {provider!r} at {httpx.URL(outgoing.url).netloc.decode()}", _words(error, outgoing.url)
    if isinstance(error, UNCONNECTED):
        message = f"{where} can't be reached: {why}. Check its base_url, that it runs, and the way to it."
        return UpstreamUnreachable(message, param=provider)
    if type(error) is TimeoutError:
        message = f"{where} gave no answer in upstream.idle_seconds; raise it or try again."
        return UpstreamSilent(message, param=provider)
    if isinstance(error, aiohttp.ClientResponseError | ValueError):
        message = f"{where} answered with what is no HTTP: {why}."
        return UpstreamUnreachable(message, code="upstream_invalid", param=provider)
    message = f"{where} closed the connection before it answered: {why}. It may have taken the request; try again."
    return UpstreamUnreachable(message, code="upstream_closed", param=provider)


def _words(cause: Exception, url: str) -> str:
    """What a fault says, without the query of the URL: there may be a key in it."""
    if isinstance(cause, aiohttp.ServerDisconnectedError):
        return "it sent no whole head of a reply"
    text = cause.message if isinstance(cause, aiohttp.ClientResponseError) else str(cause)
    query = url.partition("?")[2]
    return text.replace(query, "\u2026") if query else text


async def reachable(name: str, base_url: str, seconds: float) -> str | None:
    """Why an upstream can't be reached; ``None`` if it answers at all, with whatever status."""
    upstream = Upstream(connect_seconds=seconds, idle_seconds=seconds, max_connections=1)
    try:
        incoming = await upstream.send(Outgoing(name, "GET", f"{base_url.rstrip('/')}/models", (), b""))
        incoming.close()
    except (UpstreamUnreachable, UpstreamSilent) as error:
        return str(error)
    finally:
        await upstream.close()
    return None
