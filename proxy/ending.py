"""The end of an exchange: what came of it, made a record and handed over, once.

A reply may end well, break off, or be given up with its client; whichever comes first is the end. Waiting for the
record to be safe is the caller's choice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from proxy.asked import Asked
from proxy.closing import Facts, answers, aside, closed, fetched, surrounded
from proxy.errors import HttpError
from proxy.fitting import Fitting
from proxy.media import lifted_reply
from proxy.messages import Message, Reply, ReplyError, Usage
from proxy.recorder import Ticket
from proxy.relay import CLIENT_GONE, Relay
from proxy.rooms import Rooms
from proxy.upstream import Incoming

log = logging.getLogger("steno.ending")


@dataclass(slots=True)
class Ending:
    """Where an exchange ends; ``opened`` is its request's ticket, if it is recorded."""

    rooms: Rooms
    asked: Asked
    fitting: Fitting
    exchange: bytes = b""
    opened: Ticket | None = None
    relay: Relay | None = None
    incoming: Incoming | None = None
    _done: bool = False

    async def commit(self, ending: str, error: HttpError | None = None) -> None:
        """Hand the end over and wait for it to be safe, as the durability asks."""
        ticket = self._end(ending, error)
        if ticket is not None and self.opened is not None and self.rooms.durability != "background":
            await self.rooms.recorder.saved(self.opened, ticket)

    def give_up(self, ending: str) -> None:
        """Hand over what came, where the exchange ended before the reply did."""
        if self.relay is not None:
            self.relay.abandon()
        self._end(ending)

    def overtake(self) -> None:
        """Hand over what came, where the client goes on before the reply has ended."""
        self._end(CLIENT_GONE)

    def reply(self) -> Reply | None:
        """The reply as far as it came."""
        transcript = self.relay.transcript if self.relay is not None else None
        return transcript.reply() if transcript is not None else None

    def keeps(self, status: int) -> bool:
        """Whether all bytes of a reply of that status are kept."""
        raw = self.rooms.raw
        return self.asked.dialect is not None and (raw == "all" or (raw == "errors" and status >= 400))

    def _end(self, ending: str, error: HttpError | None = None) -> Ticket | None:
        if self.opened is None or self._done:
            return None
        self._done = True
        try:
            ticket = self._handed_over(self.opened, ending, error)
            self._notice(self.opened)
            return ticket
        except Exception:  # a fault in reading must not keep the reply from its client
            log.exception("a reply can't be read; its exchange stays open")
            return None

    def _handed_over(self, opened: Ticket, ending: str, error: HttpError | None) -> Ticket:
        asked, rooms = self.asked, self.rooms
        reply = self.reply() if error is None else Reply(error=ReplyError(str(error), error.type, error.code))
        record = closed(self._facts(ending, error), reply, self._estimate(), self._price())
        messages: tuple[Message, ...] = ()
        body = self.relay.transcript.body if self.relay and self.relay.transcript else b""
        if reply is not None and asked.request is not None and asked.chained is None:
            record = aside(record, reply, body)
        elif reply is not None and reply.choices and (asked.chained is not None or asked.fetches):
            links, messages = answers(reply, lambda message: rooms.meter.answer(message, record.model))
            record = surrounded(msgspec.structs.replace(record, replies=links), body, reply)
            record, messages = lifted_reply(record, messages, rooms.reader.media_bytes)
        if reply is not None and reply.handle:
            rooms.reader.issuers.tell(asked.owner, reply.handle, asked.provider.name)
        if asked.fetches:
            record = fetched(record, reply)
            messages = messages if record.late is not None else ()
        return rooms.recorder.close(opened, self.fitting.noted(record), messages)

    def _notice(self, opened: Ticket) -> None:
        """Tell who summarises what was closed on the way."""
        compacted, summarizer = self.fitting.compacted, self.rooms.summarizer
        if compacted is not None and summarizer is not None and opened.standing is not None:
            headers = self.fitting.forwarding.headers
            summarizer.notice(self.asked, headers, compacted.wanted, opened.standing.session)

    def _facts(self, ending: str, error: HttpError | None) -> Facts:
        relay, incoming, forwarding = self.relay, self.incoming, self.fitting.forwarding
        status = incoming.status if incoming is not None else error.status if error is not None else 0
        aim = forwarding.aim
        return Facts(
            exchange=self.exchange,
            at=self.rooms.clock(),
            ending=ending,
            status=status,
            first_byte_at=relay.first_byte_at if relay else 0,
            size=relay.size if relay else 0,
            upstream_id=_upstream_id(incoming.values) if incoming else "",
            model=forwarding.model,
            body=b"".join(relay.kept) if relay else b"",
            keeps=self.keeps(status),
            provider=forwarding.provider.name if forwarding.provider is not self.asked.provider else "",
            sent_model=aim.model if aim else "",
            forwarded_hash=aim.hash if aim else b"",
            adds_usage=aim.adds_usage if aim else False,
            attempts=tuple(forwarding.attempts),
        )

    def _estimate(self) -> Callable[[Reply], Usage]:
        request, chained, meter = self.asked.request, self.asked.chained, self.rooms.meter
        if request is None:
            return lambda _: Usage()
        model = self.fitting.forwarding.model
        if chained is None:
            return lambda reply: meter.aside(reply, request, model)
        plan = self.fitting.compacted.plan if self.fitting.compacted else None
        tokens = chained.end.tokens - (plan.sent - plan.forwarded if plan else 0)
        return lambda reply: meter.estimate(reply, request, tokens, model)

    def _price(self) -> Callable[[str, Usage], int | None]:
        market = self.fitting.forwarding.provider.market
        return lambda model, usage: self.rooms.meter.cost(model, market, usage)


def _upstream_id(values: Mapping[bytes, bytes]) -> str:
    found = values.get(b"x-request-id") or values.get(b"request-id", b"")
    return found.decode("latin-1")
