"""One request and its reply, from end to end: route, read, chain, open, forward, relay, close.

It joins the rooms and decides nothing itself. Whatever happens after the record is opened, the record gets closed: the
task that serves the client may end at any point, the entries live in the recorder.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import msgspec
from starlette.types import Receive, Scope, Send

from proxy.asked import Asked, Reader, agent_of
from proxy.clock import id_text, new_id
from proxy.closing import Facts, answers, aside, closed, fetched, surrounded
from proxy.context import Context
from proxy.drafts import Draft, filled
from proxy.errors import HttpError, StoreUnavailable
from proxy.fitting import Fitting
from proxy.forwarding import Forwarder, Forwarding
from proxy.headers import HOP_BY_HOP, Headers, through
from proxy.inbox import ClientGone, Inbox
from proxy.media import lifted_reply
from proxy.messages import Message, Reply, ReplyError, Usage
from proxy.meter import Meter
from proxy.recorder import Recorder
from proxy.relay import CLIENT_GONE, INTERRUPTED, UPSTREAM_ERROR, Relay, reply_headers
from proxy.summarizer import Summarizer
from proxy.threads import lookup_of
from proxy.transcript import Transcript
from proxy.upstream import Incoming, UpstreamCut
from proxy.usage import UsageFilter
from proxy.writer import Ticket
from storage.records import Checkpointed, Opened

log = logging.getLogger("steno.exchange")


@dataclass(frozen=True, slots=True)
class Rooms:
    """What every exchange works with; made once by the server."""

    reader: Reader
    recorder: Recorder
    forwarder: Forwarder
    context: Context
    meter: Meter
    clock: Callable[[], int]
    run: bytes
    max_body_bytes: int
    checkpoint_seconds: float
    durability: str
    raw: str
    refuses: bool
    summarizer: Summarizer | None = None


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
    forwarding: Forwarding = field(init=False)
    fitting: Fitting = field(init=False)
    own: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def run(self) -> None:
        """Serve the request. Raises ``HttpError`` for what is refused before anything is recorded."""
        asked = await self.rooms.reader.read(self.scope, self.inbox)
        self.forwarding = Forwarding(self.rooms.forwarder, asked, self.scope["method"], self.scope["headers"])
        self.fitting = Fitting(self.rooms.context, self.forwarding)
        await self._open(asked)
        try:
            await self._attended(asked)
        except BaseException:
            self._give_up(asked, INTERRUPTED)
            raise
        finally:
            self.relay = None  # which knows this exchange, too: only the collector would free the two

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
        self.id = new_id(self.started_at)
        self.own.append((b"x-exchange-id", id_text(self.id)))
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
            user_agent=agent_of(scope["headers"]),
            body_hash=asked.body_hash,
            body_bytes=len(content),
            parsed=request is not None,
        )
        lookup = lookup_of(asked.owner, asked.body_hash, asked.hints, asked.chained, asked.held_by)
        draft = Draft(opened, lookup, asked.hints, fresh=new_id(self.started_at))
        return filled(draft, request, asked.chained) if request else draft

    # Forwarding and relaying

    async def _attended(self, asked: Asked) -> None:
        """Serve until it is done or the client has left, which ends the upstream's part, too."""
        presence = asyncio.timeout(None)
        try:
            async with presence, Watch(self.inbox, presence):
                await self._serve(asked)
        except TimeoutError:
            self._give_up(asked, CLIENT_GONE)
        finally:
            if self.incoming is not None:
                self.incoming.close()

    async def _serve(self, asked: Asked) -> None:
        try:
            self.incoming = await self.fitting.send()
        except HttpError as error:
            if self.inbox.gone:  # an upload without its end looks like the upstream's fault
                self._give_up(asked, CLIENT_GONE)
                return
            await self._refuse(asked, error)
            return
        # A reply that breaks off is left unfinished: the server then breaks the client's connection, too.
        with suppress(UpstreamCut):
            await self._relayed(asked, self.incoming)

    async def _told_place(self) -> None:
        """Wait for the session that the request belongs to, as long as the store is quick enough."""
        if self.ticket is None:
            return
        await self.rooms.recorder.saved(self.ticket)
        standing = self.ticket.standing
        if standing is not None and standing.session:
            self.own.append((b"x-session-id", id_text(standing.session)))
            self.own.append((b"x-session-match", standing.match.encode()))

    async def _relayed(self, asked: Asked, incoming: Incoming) -> None:
        self.relay = relay = self._relay(asked, incoming)
        bodiless = self.scope["method"] == "HEAD" or incoming.status in EMPTY
        await relay.run(incoming, partial(self._head, incoming, relay), bodiless=bodiless)

    async def _head(self, incoming: Incoming, relay: Relay) -> Headers:
        await self._told_place()
        self.own += self.fitting.headers
        # A reply without a body may say how long one would have been, which the server would wait for.
        unsized = relay.usage is not None or incoming.status in EMPTY
        dropped = HOP_BY_HOP | {b"content-length"} if unsized else HOP_BY_HOP
        return reply_headers(through(incoming.headers, dropped), self.own)

    def _relay(self, asked: Asked, incoming: Incoming) -> Relay:
        rooms, transcript = self.rooms, None
        if asked.dialect is not None and self.ticket is not None:
            content_type = incoming.values.get(b"content-type", b"").decode("latin-1")
            encoding = incoming.values.get(b"content-encoding", b"").decode("latin-1")
            limit = rooms.max_body_bytes
            transcript = Transcript(asked.dialect, content_type, encoding, incoming.status, limit)
        return Relay(
            send=self.send,
            clock=rooms.clock,
            commit=lambda ending: self._close(asked, ending),
            transcript=transcript,
            usage=self._usage_filter(asked, incoming),
            keeps=self._keeps(asked, incoming.status),
            checkpoint=Saver(self) if asked.request is not None and asked.request.stream and self.ticket else None,
            checkpoint_seconds=rooms.checkpoint_seconds,
        )

    def _usage_filter(self, asked: Asked, incoming: Incoming) -> UsageFilter | None:
        """What takes out the usage that was asked for here; an error has none."""
        aim = self.forwarding.aim
        if asked.dialect is None or aim is None or not aim.adds_usage or incoming.status >= 400:
            return None
        return UsageFilter(asked.dialect.is_usage_alone)

    def _keeps(self, asked: Asked, status: int) -> bool:
        raw = self.rooms.raw
        return asked.dialect is not None and (raw == "all" or (raw == "errors" and status >= 400))

    async def _refuse(self, asked: Asked, error: HttpError) -> None:
        """Answer with an error of Steno's own, recorded like any other end."""
        await self._close(asked, UPSTREAM_ERROR, error)
        await answer(self.send, error, self.own)

    # Closing

    async def _close(self, asked: Asked, ending: str, error: HttpError | None = None) -> None:
        """Hand the end over and wait for it to be safe, as the durability asks."""
        ticket = self._end(asked, ending, error)
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
        try:
            ticket = self._handed_over(self.ticket, asked, ending, error)
            self._notice(self.ticket, asked)
            return ticket
        except Exception:  # a fault in reading must not keep the reply from its client
            log.exception("a reply can't be read; its exchange stays open")
            return None

    def _handed_over(self, ticket: Ticket, asked: Asked, ending: str, error: HttpError | None) -> Ticket:
        reply = self._reply(error)
        record = closed(self._facts(asked, ending, error), reply, self._estimate(asked), self._price())
        messages: tuple[Message, ...] = ()
        body = self.relay.transcript.body if self.relay and self.relay.transcript else b""
        if reply is not None and asked.request is not None and asked.chained is None:
            record = aside(record, reply, body)
        elif reply is not None and reply.choices and (asked.chained is not None or asked.fetches):
            links, messages = answers(reply, lambda message: self.rooms.meter.answer(message, record.model))
            record = surrounded(msgspec.structs.replace(record, replies=links), body, reply)
            record, messages = lifted_reply(record, messages, self.rooms.reader.media_bytes)
        if reply is not None and reply.handle:
            self.rooms.reader.issuers.tell(asked.owner, reply.handle, asked.provider.name)
        if asked.fetches:
            record = fetched(record, reply)
            messages = messages if record.late is not None else ()
        return self.rooms.recorder.close(ticket, self.fitting.noted(record), messages)

    def _notice(self, ticket: Ticket, asked: Asked) -> None:
        """Tell who summarises what was closed on the way."""
        compacted, summarizer = self.fitting.compacted, self.rooms.summarizer
        if compacted is not None and summarizer is not None and ticket.standing is not None:
            summarizer.notice(asked, self.scope["headers"], compacted.wanted, ticket.standing.session)

    def _reply(self, error: HttpError | None) -> Reply | None:
        if error is not None:
            return Reply(error=ReplyError(str(error), error.type, error.code))
        transcript = self.relay.transcript if self.relay is not None else None
        return transcript.reply() if transcript is not None else None

    def _facts(self, asked: Asked, ending: str, error: HttpError | None) -> Facts:
        relay, incoming, forwarding = self.relay, self.incoming, self.forwarding
        status = incoming.status if incoming is not None else error.status if error is not None else 0
        return Facts(
            exchange=self.id,
            at=self.rooms.clock(),
            ending=ending,
            status=status,
            first_byte_at=relay.first_byte_at if relay else 0,
            size=relay.size if relay else 0,
            upstream_id=_upstream_id(incoming.values) if incoming else "",
            model=forwarding.model,
            body=b"".join(relay.kept) if relay else b"",
            keeps=self._keeps(asked, status),
            provider=forwarding.provider.name if forwarding.provider is not asked.provider else "",
            sent_model=forwarding.aim.model if forwarding.aim else "",
            forwarded_hash=forwarding.aim.hash if forwarding.aim else b"",
            adds_usage=forwarding.aim.adds_usage if forwarding.aim else False,
            attempts=tuple(forwarding.attempts),
        )

    def _estimate(self, asked: Asked) -> Callable[[Reply], Usage]:
        request, chained = asked.request, asked.chained
        if request is None:
            return lambda _: Usage()
        model = self.forwarding.model
        if chained is None:
            return lambda reply: self.rooms.meter.aside(reply, request, model)
        plan = self.fitting.compacted.plan if self.fitting.compacted else None
        tokens = chained.end.tokens - (plan.sent - plan.forwarded if plan else 0)
        return lambda reply: self.rooms.meter.estimate(reply, request, tokens, model)

    def _price(self) -> Callable[[str, Usage], int | None]:
        market = self.forwarding.provider.market
        return lambda model, usage: self.rooms.meter.cost(model, market, usage)


class Watch:
    """Looks out for a client that leaves, and then lets ``presence`` expire.

    A reply that is there at once needs no watch, so it begins only after a moment: a client that left before that is
    noticed then.
    """

    def __init__(self, inbox: Inbox, presence: asyncio.Timeout) -> None:
        self._inbox = inbox
        self._presence = presence
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._timer = self._loop.call_later(WATCH_SECONDS, self._begin)

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._look())

    async def _look(self) -> None:
        await self._inbox.left()
        self._presence.reschedule(self._loop.time())

    async def __aexit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])


@dataclass(slots=True)
class Saver:
    """Numbers a running stream's checkpoints and hands them over."""

    exchange: Exchange
    number: int = 0

    def __call__(self, data: bytes) -> None:
        self.number += 1
        self.exchange.rooms.recorder.checkpoint(Checkpointed(self.exchange.id, self.number, data))


WATCH_SECONDS = 0.25
EMPTY = (204, 304)


def _upstream_id(values: Mapping[bytes, bytes]) -> str:
    found = values.get(b"x-request-id") or values.get(b"request-id", b"")
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
        scope["headers"] = list(scope["headers"])  # to which the server adds what comes after a body in pieces
        try:
            await Exchange(rooms, scope, Inbox(receive), send, rooms.clock()).run()
        except HttpError as error:
            await answer(send, error)
        except ClientGone:
            return

    return serve
