"""One request and its reply, from end to end: route, read, chain, open, forward, relay, close.

It joins the rooms and decides nothing itself. Whatever happens after the record is opened, the record gets closed: the
task that serves the client may end at any point, the entries live in the recorder.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from starlette.types import Receive, Scope, Send

from proxy.asked import Asked, agent_of
from proxy.clock import id_text, new_id
from proxy.drafts import Draft, filled
from proxy.ending import Ending
from proxy.errors import HttpError, StoreUnavailable
from proxy.fitting import Fitting
from proxy.forwarding import Forwarding
from proxy.headers import HOP_BY_HOP, Headers, through
from proxy.inbox import ClientGone, Inbox
from proxy.presence import Watch
from proxy.relay import CLIENT_GONE, INTERRUPTED, UPSTREAM_ERROR, Relay, reply_headers
from proxy.rooms import Rooms
from proxy.threads import lookup_of
from proxy.transcript import Transcript, transcript_of
from proxy.upstream import Incoming, UpstreamCut
from proxy.usage import UsageFilter
from storage.records import Checkpointed, Opened


@dataclass(slots=True)
class Exchange:
    """One request and its reply."""

    rooms: Rooms
    scope: Scope
    inbox: Inbox
    send: Send
    started_at: int
    ending: Ending = field(init=False)
    own: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def run(self) -> None:
        """Serve the request. Raises ``HttpError`` for what is refused before anything is recorded."""
        asked = await self.rooms.reader.read(self.scope, self.inbox)
        forwarding = Forwarding(self.rooms.forwarder, asked, self.scope["method"], self.scope["headers"])
        self.ending = Ending(self.rooms, asked, Fitting(self.rooms.context, forwarding))
        await self._open(asked)
        try:
            await self._attended()
        except BaseException:
            self.ending.give_up(INTERRUPTED)
            raise
        finally:
            if asked.chained is not None:
                self.rooms.streams.end(asked.chained.end.tip, self.ending.exchange)
            self.ending.relay = None  # which knows this exchange, too: only the collector would free the two

    # Opening

    async def _open(self, asked: Asked) -> None:
        rooms = self.rooms
        if not asked.hints.record:
            rooms.reader.forget(asked)
            return
        if rooms.refuses and rooms.recorder.counters.failing:
            rooms.reader.forget(asked)
            message = (
                f"The store takes no records, and recording.on_failure is refuse: {rooms.recorder.counters.failing}"
            )
            raise StoreUnavailable(message)
        exchange = self.ending.exchange = new_id(self.started_at)
        self.own.append((b"x-exchange-id", id_text(exchange)))
        if asked.chained is not None:
            rooms.streams.overtaken(asked.chained)
        ticket = self.ending.opened = await rooms.recorder.open(self._draft(asked, exchange))
        if rooms.durability == "strict":
            await rooms.recorder.saved(ticket)
        if asked.chained is not None and asked.request is not None and asked.request.stream:
            rooms.streams.begin(asked.chained.end.tip, exchange, self.ending)

    def _draft(self, asked: Asked, exchange: bytes) -> Draft:
        scope, request = self.scope, asked.request
        content = asked.content if isinstance(asked.content, bytes) else b""
        opened = Opened(
            id=exchange,
            owner=asked.owner,
            run=self.rooms.run,
            at=self.started_at,
            method=scope["method"],
            path=asked.route.path,
            dialect=asked.dialect.name if asked.dialect else "",
            provider=asked.provider.name,
            model=request.model if request else "",
            stream=request.stream if request else False,
            user_agent=agent_of(scope["headers"]),
            body_hash=asked.body_hash,
            body_bytes=len(content),
            parsed=request is not None,
        )
        lookup = lookup_of(asked.owner, asked.body_hash, asked.hints, asked.chained, asked.held_by)
        draft = Draft(opened, lookup, asked.hints, fresh=new_id(self.started_at))
        return filled(draft, request, asked.chained) if request else draft

    # Forwarding and relaying

    async def _attended(self) -> None:
        """Serve until it is done or the client has left, which ends the upstream's part, too."""
        presence = asyncio.timeout(None)
        try:
            async with presence, Watch(self.inbox, presence):
                await self._serve()
        except TimeoutError:
            self.ending.give_up(CLIENT_GONE)
        finally:
            if self.ending.incoming is not None:
                self.ending.incoming.close()

    async def _serve(self) -> None:
        try:
            incoming = self.ending.incoming = await self.ending.fitting.send()
        except HttpError as error:
            if self.inbox.gone:  # an upload without its end looks like the upstream's fault
                self.ending.give_up(CLIENT_GONE)
                return
            await self._refuse(error)
            return
        # A reply that breaks off is left unfinished: the server then breaks the client's connection, too.
        with suppress(UpstreamCut):
            await self._relayed(incoming)

    async def _refuse(self, error: HttpError) -> None:
        """Answer with an error of Steno's own, recorded like any other end."""
        await self.ending.commit(UPSTREAM_ERROR, error)
        await answer(self.send, error, self.own)

    async def _relayed(self, incoming: Incoming) -> None:
        relay = self.ending.relay = self._relay(incoming)
        bodiless = self.scope["method"] == "HEAD" or incoming.status in EMPTY
        await relay.run(incoming, partial(self._head, incoming, relay), bodiless=bodiless)

    async def _head(self, incoming: Incoming, relay: Relay) -> Headers:
        await self._told_place()
        self.own += self.ending.fitting.headers
        # A reply without a body may say how long one would have been, which the server would wait for.
        unsized = relay.usage is not None or incoming.status in EMPTY
        dropped = HOP_BY_HOP | {b"content-length"} if unsized else HOP_BY_HOP
        return reply_headers(through(incoming.headers, dropped), self.own)

    async def _told_place(self) -> None:
        """Wait for the session that the request belongs to, as long as the store is quick enough."""
        ticket = self.ending.opened
        if ticket is None:
            return
        await self.rooms.recorder.saved(ticket)
        standing = ticket.standing
        if standing is not None and standing.session:
            self.own.append((b"x-session-id", id_text(standing.session)))
            self.own.append((b"x-session-match", standing.match.encode()))

    def _relay(self, incoming: Incoming) -> Relay:
        rooms, ending = self.rooms, self.ending
        request, recorded = ending.asked.request, ending.opened is not None
        return Relay(
            send=self.send,
            clock=rooms.clock,
            commit=ending.commit,
            transcript=self._transcript(incoming) if recorded else None,
            usage=self._usage_filter(incoming),
            keeps=ending.keeps(incoming.status),
            checkpoint=Saver(self) if request is not None and request.stream and recorded else None,
            checkpoint_seconds=rooms.checkpoint_seconds,
        )

    def _transcript(self, incoming: Incoming) -> Transcript | None:
        dialect = self.ending.asked.dialect
        if dialect is None:
            return None
        return transcript_of(dialect, incoming.values, incoming.status, self.rooms.max_body_bytes)

    def _usage_filter(self, incoming: Incoming) -> UsageFilter | None:
        """What takes out the usage that was asked for here; an error has none."""
        dialect, aim = self.ending.asked.dialect, self.ending.fitting.forwarding.aim
        if dialect is None or aim is None or not aim.adds_usage or incoming.status >= 400:
            return None
        return UsageFilter(dialect.is_usage_alone)


@dataclass(slots=True)
class Saver:
    """Numbers a running stream's checkpoints and hands them over."""

    exchange: Exchange
    number: int = 0

    def __call__(self, data: bytes) -> None:
        self.number += 1
        self.exchange.rooms.recorder.checkpoint(Checkpointed(self.exchange.ending.exchange, self.number, data))


EMPTY = (204, 304)


async def answer(send: Send, error: HttpError, own: Headers = ()) -> None:
    """An error of Steno's own, in OpenAI's shape."""
    body = error.body()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *own]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def exchanging(rooms: Rooms) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The ASGI application that serves everything below a base URL."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        scope["headers"] = list(scope["headers"])  # to which the server adds what comes after a body in pieces
        try:
            await Exchange(rooms, scope, Inbox(receive), send, rooms.clock()).run()
        except HttpError as error:
            await answer(send, error)
        except ClientGone:
            return

    return serve
