"""A request, read: where it goes, whose it is, what it says if its dialect is known.

Bodies of a dialect are read whole; all others stay with the client until they are passed on. A body that can't be read
is no error: it goes upstream as it came.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass
from hashlib import blake2b

import msgspec
from msgspec.structs import replace
from starlette.types import Scope

from proxy.access import Access
from proxy.chain import SIZE, Chained, Chainer, Memo
from proxy.dialects import NO_HANDLE, Dialect, Unparsed, dialect_at, handle_at
from proxy.errors import BadRequest
from proxy.headers import Headers, has_two_lengths, value_of
from proxy.identity import Hints, hints_of
from proxy.inbox import Inbox, decoded
from proxy.issuers import Issuers
from proxy.media import lifted
from proxy.messages import Request
from proxy.meter import Meter
from proxy.preferences import NO_PREFERENCE, Preference
from proxy.providers import Provider, Providers
from proxy.routing import Route, split_path
from proxy.threads import HeldBy
from proxy.usage import asking

log = logging.getLogger("steno.asked")

LARGE = 262_144
"""Bodies of more bytes than this are read in a thread."""


class Asked(msgspec.Struct, frozen=True):
    """A request, read: where it goes, whose it is, and what it says if its dialect is known."""

    route: Route
    provider: Provider
    owner: bytes
    hints: Hints
    content: bytes | AsyncIterable[bytes]
    dialect: Dialect | None = None
    request: Request | None = None
    chained: Chained | None = None
    body_hash: bytes = b""
    packed: bool = False
    """Whether the body came compressed."""
    adds_usage: bool = False
    """Whether ``content`` asks for usage where the client's body didn't."""
    compacted: bool = False
    """Whether ``content`` is a shorter body in place of the client's."""
    prefers: Preference = NO_PREFERENCE
    """What is forwarded of it, where that is set for its caller's key."""
    fetches: str = ""
    """The handle of an earlier reply that is asked for."""

    @property
    def held_by(self) -> HeldBy:
        """What it says of a history that the upstream holds."""
        request = self.request
        return HeldBy(request.previous, request.follows) if request is not None else HeldBy(self.fetches)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads requests."""

    providers: Providers
    access: Access
    meter: Meter
    memo: Memo
    max_body_bytes: int
    media_bytes: int
    issuers: Issuers
    generation: Callable[[], bytes] = bytes
    """Another one once what is remembered of recorded histories may be gone."""

    async def read(self, scope: Scope, inbox: Inbox) -> Asked:
        """Read a request as far as its path asks for. Raises ``HttpError`` and ``ClientGone``."""
        headers: Headers = scope["headers"]
        if has_two_lengths(headers):
            message = "The request gives its length twice, by content-length and transfer-encoding; send one of them."
            raise BadRequest(message, code="two_lengths")
        route = split_path(scope["raw_path"] + b"?" + scope["query_string"], self.providers.names)
        owner = self.access.owner(headers)
        dialect = dialect_at(route.path) if scope["method"] == "POST" else None
        if dialect is None:
            return await self._unread(scope["method"], headers, inbox, route, owner)
        return await self._parsed(headers, inbox, route, (owner, dialect))

    def forget(self, asked: Asked) -> None:
        """Take back what was remembered of a request that isn't recorded."""
        if asked.chained is not None:
            for listed in (asked.chained.end.listed, *(stop.listed for stop in asked.chained.stops)):
                self.memo.drop(listed)

    async def _unread(self, method: str, headers: Headers, inbox: Inbox, route: Route, owner: bytes) -> Asked:
        """A request whose body is not read; one that names an earlier reply goes to where that came from."""
        hints = hints_of(headers, {}, route.session, agent_of(headers))
        handle = handle_at(route.path)
        named = route.provider or (await self.issuers.provider(owner, handle.name) if handle.name else None)
        fetched = handle if method == "GET" and handle.dialect else NO_HANDLE
        provider = self.providers.choose(named if named in self.providers.names else route.provider, None, route.path)
        self.access.check_origin(headers, lends=bool(provider.api_key))
        passed = await _passed(headers, inbox)
        return Asked(route, provider, owner, hints, passed, dialect=fetched.dialect, fetches=fetched.name)

    async def _parsed(self, headers: Headers, inbox: Inbox, route: Route, whose: tuple[bytes, Dialect]) -> Asked:
        owner, dialect = whose
        body = await inbox.body(self.max_body_bytes)
        read = decoded(body, value_of(headers, b"content-encoding").decode("latin-1"), self.max_body_bytes)
        request = _understood(dialect, read)
        if request and route.model:
            request = replace(request, model=route.model)
        hints = hints_of(headers, request.ids if request else {}, route.session, agent_of(headers))
        provider = self.providers.choose(route.provider, request.model if request else None, route.path)
        self.access.check_origin(headers, lends=bool(provider.api_key))
        converses = dialect.converses
        chained = await self._history(owner, dialect, read or b"", request) if request and converses else None
        body_hash = blake2b(route.path.encode() + read if read else body, digest_size=SIZE).digest()
        parsed = request if chained or not converses else None
        read_as = (dialect, parsed, chained, body_hash)
        packed, prefers = read is not body, self.access.preference(headers)
        return Asked(route, provider, owner, hints, body, *read_as, packed=packed, prefers=prefers)

    async def _history(self, owner: bytes, dialect: Dialect, body: bytes, request: Request) -> Chained | None:
        """The request's history; nothing where a fault of ours keeps it from being read: it passes all the same."""
        try:
            return await self._chained(owner, dialect, body, request)
        except Exception:
            log.exception("a request's history can't be read; it passes unparsed")
            return None

    async def _chained(self, owner: bytes, dialect: Dialect, body: bytes, request: Request) -> Chained:
        self.memo.at(self.generation())
        count = self.meter.raw_counter(request.model)
        chainer = Chainer(owner, dialect.read_message, dialect.role, count, self.memo, dialect.name.encode())
        if len(body) > LARGE:
            return await asyncio.to_thread(self._read_history, chainer, body, request)
        return self._read_history(chainer, body, request)

    def _read_history(self, chainer: Chainer, body: bytes, request: Request) -> Chained:
        return lifted(chainer.chain(body, request), self.media_bytes)


def _understood(dialect: Dialect, body: bytes | None) -> Request | None:
    """The request; nothing where the body is none of the dialect's."""
    try:
        return dialect.parse(body) if body is not None else None
    except Unparsed:
        return None


async def _passed(headers: Headers, inbox: Inbox) -> bytes | AsyncIterable[bytes]:
    """The body as it comes; one that is empty has then been read, so that a client that leaves is noticed."""
    has_body = value_of(headers, b"transfer-encoding") or value_of(headers, b"content-length") not in (b"", b"0")
    return inbox.chunks() if has_body else await inbox.body(0)


def agent_of(headers: Headers) -> str:
    """The client's user agent."""
    return value_of(headers, b"user-agent").decode("latin-1")


def with_usage(asked: Asked) -> Asked:
    """The request with usage asked for, if it is a stream that doesn't ask by itself."""
    request = asked.request
    if request is None or not request.stream or request.asks_usage or not isinstance(asked.content, bytes):
        return asked
    content = asking(asked.content, request.before)
    return asked if content is None else replace(asked, content=content, adds_usage=True)


def changed(headers: Headers, content: bytes | AsyncIterable[bytes]) -> list[tuple[bytes, bytes]]:
    """A request's headers for a body that was changed, with a reply that can be read as it passes."""
    kept = [pair for pair in headers if pair[0] not in (b"content-length", b"accept-encoding")]
    size = len(content) if isinstance(content, bytes) else 0
    return [*kept, (b"content-length", str(size).encode()), (b"accept-encoding", b"identity")]
