"""One request and its reply, from end to end: route, read, chain, open, forward, relay, close.

It joins the rooms and decides nothing itself. Whatever happens after the record is opened, the record gets closed: the
task that serves the client may end at any point, the entries live in the recorder.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from uuid import UUID

import msgspec
from starlette.types import Receive, Scope, Send

from proxy.access import Access
from proxy.chain import SIZE, Chained, Chainer, Memo
from proxy.clock import new_id
from proxy.closing import Facts, answers, closed, residue_of
from proxy.dialects import Dialect, Unparsed, dialect_at
from proxy.drafts import Draft, filled
from proxy.errors import BadRequest, HttpError, StoreUnavailable
from proxy.headers import HOP_BY_HOP, OF_THE_HOP, Headers, has_two_lengths, through, value_of
from proxy.identity import Hints, hints_of, stays_here
from proxy.inbox import ClientGone, Inbox, decoded
from proxy.messages import Message, Reply, ReplyError, Request, Usage
from proxy.meter import Meter
from proxy.providers import Provider, Providers
from proxy.recorder import Recorder, Ticket
from proxy.relay import CLIENT_GONE, INTERRUPTED, UPSTREAM_ERROR, Relay, reply_headers
from proxy.routing import DEFAULT, Route, split_path
from proxy.threads import lookup_of
from proxy.transcript import Transcript
from proxy.upstream import Incoming, Outgoing, Upstream, UpstreamCut
from storage.records import Checkpointed, Opened


@dataclass(frozen=True, slots=True)
class Rooms:
    """What every exchange works with; made once by the server."""

    providers: Providers
    access: Access
    recorder: Recorder
    upstream: Upstream
    meter: Meter
    memo: Memo
    clock: Callable[[], int]
    run: bytes
    max_body_bytes: int
    checkpoint_seconds: float
    durability: str
    raw: str
    refuses: bool


@dataclass(frozen=True, slots=True)
class Asked:
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


@dataclass(slots=True)
class Exchange:
    """One request and its reply."""

    rooms: Rooms
    scope: Scope
    inbox: Inbox
    send: Send
    started_at: int
    id: bytes = b""
    ticket: Ticket | None = None
    relay: Relay | None = None
    incoming: Incoming | None = None
    done: bool = False
    own: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def run(self) -> None:
        """Serve the request. Raises ``HttpError`` for what is refused before anything is recorded."""
        asked = await self._read()
        await self._open(asked)
        try:
            await self._attended(asked)
        except asyncio.CancelledError:
            self._give_up(asked, INTERRUPTED)
            raise

    # Reading

    async def _read(self) -> Asked:
        rooms, scope = self.rooms, self.scope
        headers: Headers = scope["headers"]
        if has_two_lengths(headers):
            message = "The request gives its length twice, by content-length and transfer-encoding; send one of them."
            raise BadRequest(message, code="two_lengths")
        route = split_path(scope["raw_path"] + b"?" + scope["query_string"], rooms.providers.names)
        owner = rooms.access.owner(headers)
        dialect = dialect_at(route.path) if scope["method"] == "POST" else None
        if dialect is None:
            hints = hints_of(headers, {}, route.session, _agent(headers))
            provider = rooms.providers.choose(route.provider, None)
            return Asked(route, provider, owner, hints, self._passed(headers))
        return await self._parsed(route, owner, dialect)

    def _passed(self, headers: Headers) -> bytes | AsyncIterable[bytes]:
        has_body = value_of(headers, b"transfer-encoding") or value_of(headers, b"content-length") not in (b"", b"0")
        return self.inbox.chunks() if has_body else b""

    async def _parsed(self, route: Route, owner: bytes, dialect: Dialect) -> Asked:
        rooms, headers = self.rooms, self.scope["headers"]
        body = await self.inbox.body(rooms.max_body_bytes)
        read = decoded(body, value_of(headers, b"content-encoding").decode("latin-1"), rooms.max_body_bytes)
        try:
            request = dialect.parse(read) if read is not None else None
        except Unparsed:
            request = None
        hints = hints_of(headers, request.ids if request else {}, route.session, _agent(headers))
        provider = rooms.providers.choose(route.provider, request.model if request else None)
        chained = await self._chained(owner, dialect, read or b"", request) if request else None
        body_hash = blake2b(route.path.encode() + read if read else body, digest_size=SIZE).digest()
        return Asked(route, provider, owner, hints, body, dialect, request, chained, body_hash)

    async def _chained(self, owner: bytes, dialect: Dialect, body: bytes, request: Request) -> Chained:
        count = self.rooms.meter.raw_counter(request.model)
        chainer = Chainer(owner, dialect.read_message, dialect.role, count, self.rooms.memo)
        if len(body) > LARGE:
            return await asyncio.to_thread(chainer.chain, body, request)
        return chainer.chain(body, request)

    # Opening

    async def _open(self, asked: Asked) -> None:
        rooms = self.rooms
        if not asked.hints.record:
            return
        if rooms.refuses and rooms.recorder.counters.failing:
            message = (
                f"The store takes no records, and recording.on_failure is refuse: {rooms.recorder.counters.failing}"
            )
            raise StoreUnavailable(message)
        self.id = new_id(self.started_at)
        self.own.append((b"x-exchange-id", str(UUID(bytes=self.id)).encode()))
        self.ticket = await rooms.recorder.open(self._draft(asked))
        if rooms.durability == "strict":
            await rooms.recorder.saved(self.ticket)

    def _draft(self, asked: Asked) -> Draft:
        scope, request = self.scope, asked.request
        content = asked.content if isinstance(asked.content, bytes) else b""
        opened = Opened(
            id=self.id,
            owner=asked.owner,
            run=self.rooms.run,
            at=self.started_at,
            method=scope["method"],
            path=asked.route.path,
            dialect=asked.dialect.name if asked.dialect else "",
            provider=asked.provider.name,
            model=request.model if request else "",
            stream=request.stream if request else False,
            user_agent=_agent(scope["headers"]),
            body_hash=asked.body_hash,
            body_bytes=len(content),
            parsed=request is not None,
        )
        lookup = lookup_of(asked.owner, asked.body_hash, asked.hints, asked.chained)
        draft = Draft(opened, lookup, asked.hints, fresh=new_id(self.started_at))
        return filled(draft, request, asked.chained) if request and asked.chained else draft

    # Forwarding and relaying

    async def _attended(self, asked: Asked) -> None:
        """Serve until it is done or the client has left, which ends the upstream's part, too."""
        presence = asyncio.timeout(None)
        async with asyncio.TaskGroup() as tasks:
            watcher = tasks.create_task(self._watch(presence))
            try:
                async with presence:
                    await self._serve(asked)
            except TimeoutError:
                self._give_up(asked, CLIENT_GONE)
            finally:
                watcher.cancel()
                if self.incoming is not None:
                    await self.incoming.close()

    async def _watch(self, presence: asyncio.Timeout) -> None:
        await self.inbox.left()
        presence.reschedule(asyncio.get_running_loop().time())

    async def _serve(self, asked: Asked) -> None:
        try:
            self.incoming = await self.rooms.upstream.send(self._outgoing(asked))
        except HttpError as error:
            await self._refuse(asked, error)
            return
        except ClientGone:
            self._give_up(asked, CLIENT_GONE)
            return
        await self._told_place()
        # A reply that breaks off is left unfinished: the server then breaks the client's connection, too.
        with suppress(UpstreamCut):
            await self._relayed(asked, self.incoming)

    def _outgoing(self, asked: Asked) -> Outgoing:
        headers = [pair for pair in through(self.scope["headers"], OF_THE_HOP) if not stays_here(pair[0])]
        url = asked.provider.url(asked.route.path, asked.route.query)
        return Outgoing(asked.provider.name, self.scope["method"], url, asked.provider.dressed(headers), asked.content)

    async def _told_place(self) -> None:
        """Wait for the session that the request belongs to, as long as the store is quick enough."""
        if self.ticket is None or self.ticket.placed is None:
            return
        await asyncio.wait([self.ticket.placed], timeout=self.rooms.recorder.commit_seconds)
        if self.ticket.placed.done() and not self.ticket.placed.cancelled():
            standing = self.ticket.placed.result()
            if standing.session:
                self.own.append((b"x-session-id", str(UUID(bytes=standing.session)).encode()))
                self.own.append((b"x-session-match", standing.match.encode()))

    async def _relayed(self, asked: Asked, incoming: Incoming) -> None:
        self.relay = relay = self._relay(asked, incoming)
        headers = reply_headers(through(incoming.headers, HOP_BY_HOP), self.own)
        bodiless = self.scope["method"] == "HEAD" or incoming.status in (204, 304)
        await relay.run(incoming, headers, bodiless=bodiless)

    def _relay(self, asked: Asked, incoming: Incoming) -> Relay:
        rooms, transcript = self.rooms, None
        if asked.dialect is not None and self.ticket is not None:
            content_type = value_of(incoming.headers, b"content-type").decode("latin-1")
            encoding = value_of(incoming.headers, b"content-encoding").decode("latin-1")
            limit = rooms.max_body_bytes
            transcript = Transcript(asked.dialect, content_type, encoding, incoming.status, limit)
        return Relay(
            send=self.send,
            clock=rooms.clock,
            commit=lambda ending: self._close(asked, ending),
            transcript=transcript,
            keeps=self._keeps(asked, incoming.status),
            checkpoint=Saver(self) if asked.request is not None and asked.request.stream and self.ticket else None,
            checkpoint_seconds=rooms.checkpoint_seconds,
        )

    def _keeps(self, asked: Asked, status: int) -> bool:
        raw = self.rooms.raw
        return asked.dialect is not None and (raw == "all" or (raw == "errors" and status >= 400))

    async def _refuse(self, asked: Asked, error: HttpError) -> None:
        """Answer with an error of Steno's own, recorded like any other end."""
        self._end(asked, UPSTREAM_ERROR, error)
        await answer(self.send, error, self.own)

    # Closing

    async def _close(self, asked: Asked, ending: str) -> None:
        """Hand the end over and wait for it to be safe, as the durability asks."""
        ticket = self._end(asked, ending)
        if ticket is not None and self.ticket is not None and self.rooms.durability != "background":
            await self.rooms.recorder.saved(self.ticket, ticket)

    def _give_up(self, asked: Asked, ending: str) -> None:
        """Hand over what came, where the exchange ended before the reply did."""
        if self.relay is not None:
            self.relay.abandon()
        self._end(asked, ending)

    def _end(self, asked: Asked, ending: str, error: HttpError | None = None) -> Ticket | None:
        if self.ticket is None or self.done:
            return None
        self.done = True
        reply = self._reply(error)
        record = closed(self._facts(asked, ending, error), reply, self._estimate(asked), self._price(asked))
        messages: tuple[Message, ...] = ()
        if reply is not None and reply.choices and asked.chained is not None:
            links, messages = answers(reply, lambda message: self.rooms.meter.answer(message, record.model))
            body = self.relay.transcript.body if self.relay and self.relay.transcript else b""
            record = msgspec.structs.replace(record, replies=links, residue=residue_of(body, reply) if body else b"")
        return self.rooms.recorder.close(self.ticket, record, messages)

    def _reply(self, error: HttpError | None) -> Reply | None:
        if error is not None:
            return Reply(error=ReplyError(str(error), error.type, error.code))
        transcript = self.relay.transcript if self.relay is not None else None
        return transcript.reply() if transcript is not None else None

    def _facts(self, asked: Asked, ending: str, error: HttpError | None) -> Facts:
        relay, incoming = self.relay, self.incoming
        status = incoming.status if incoming is not None else error.status if error is not None else 0
        return Facts(
            exchange=self.id,
            at=self.rooms.clock(),
            ending=ending,
            status=status,
            first_byte_at=relay.first_byte_at if relay else 0,
            size=relay.size if relay else 0,
            upstream_id=_upstream_id(incoming.headers) if incoming else "",
            model=asked.request.model if asked.request else "",
            body=b"".join(relay.kept) if relay else b"",
            keeps=self._keeps(asked, status),
        )

    def _estimate(self, asked: Asked) -> Callable[[Reply], Usage]:
        request, chained = asked.request, asked.chained
        if request is None or chained is None:
            return lambda _: Usage()
        return lambda reply: self.rooms.meter.estimate(reply, request.model, chained.end.tokens, request.tools)

    def _price(self, asked: Asked) -> Callable[[str, Usage], int | None]:
        name = asked.provider.base_url if asked.provider.name == DEFAULT else asked.provider.name
        return lambda model, usage: self.rooms.meter.cost(model, name, usage)


@dataclass(slots=True)
class Saver:
    """Numbers a running stream's checkpoints and hands them over."""

    exchange: Exchange
    number: int = 0

    def __call__(self, data: bytes) -> None:
        self.number += 1
        self.exchange.rooms.recorder.checkpoint(Checkpointed(self.exchange.id, self.number, data))


LARGE = 262_144
"""Bodies of more bytes than this are read in a thread."""


def _agent(headers: Headers) -> str:
    return value_of(headers, b"user-agent").decode("latin-1")


def _upstream_id(headers: Headers) -> str:
    found = value_of(headers, b"x-request-id") or value_of(headers, b"request-id")
    return found.decode("latin-1")


async def answer(send: Send, error: HttpError, own: Headers = ()) -> None:
    """An error of Steno's own, in OpenAI's shape."""
    body = error.body()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *own]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def exchanging(rooms: Rooms) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The ASGI application that serves everything below a base URL."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await Exchange(rooms, scope, Inbox(receive), send, rooms.clock()).run()
        except HttpError as error:
            await answer(send, error)
        except ClientGone:
            return

    return serve
