"""A request of Steno's own: sent the way that every request goes, and recorded as an exchange of its own.

It belongs to a session without being part of its conversation. However it ends, its record gets closed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec.structs import replace

from proxy.asked import Asked
from proxy.clock import new_id
from proxy.closing import ERROR_BYTES, Facts, aside, closed
from proxy.drafts import SUMMARY, Draft, filled
from proxy.errors import HttpError
from proxy.forwarding import Forwarder, Forwarding
from proxy.headers import Headers
from proxy.identity import NO_HINTS
from proxy.messages import Reply, ReplyError, Usage
from proxy.meter import Meter
from proxy.recorder import Recorder
from proxy.relay import COMPLETE, INTERRUPTED, UPSTREAM_CUT, UPSTREAM_ERROR
from proxy.transcript import Transcript, transcript_of
from proxy.upstream import Incoming, UpstreamCut
from proxy.writer import Ticket
from storage.records import Lookup, Opened, SegmentRecord


@dataclass(frozen=True, slots=True)
class Rooms:
    """What every errand works with."""

    forwarder: Forwarder
    recorder: Recorder
    meter: Meter
    clock: Callable[[], int]
    run: bytes


Made = Callable[[Reply], SegmentRecord | None]


@dataclass(slots=True)
class Errand:
    """One of them. ``asked`` is parsed, ``headers`` hold whose key pays, ``made`` is what becomes of the answer."""

    rooms: Rooms
    asked: Asked
    headers: Headers
    session: bytes
    made: Made
    id: bytes = b""
    _forwarding: Forwarding = field(init=False)
    _incoming: Incoming | None = None
    _transcript: Transcript | None = None
    _size: int = 0
    _first_byte_at: int = 0

    def __post_init__(self) -> None:
        self._forwarding = Forwarding(self.rooms.forwarder, self.asked, "POST", self.headers)

    async def run(self) -> None:
        """Ask, and record what comes. Raises nothing of the upstream's."""
        ticket = await self.rooms.recorder.open(self._draft())
        ending, reply, summary = INTERRUPTED, None, None
        try:
            reply = await self._reply()
            ending = COMPLETE
            summary = self.made(reply)
        except UpstreamCut:
            ending, reply = UPSTREAM_CUT, self._transcript.reply() if self._transcript else None
        except HttpError as error:
            ending, reply = UPSTREAM_ERROR, Reply(error=ReplyError(str(error), error.type, error.code))
        finally:
            if self._incoming is not None:
                self._incoming.close()
            closing = self._close(ticket, ending, reply, summary)
        await self.rooms.recorder.saved(closing)

    def _draft(self) -> Draft:
        asked, at = self.asked, self.rooms.clock()
        assert asked.request is not None  # noqa: S101 (it is made here)
        assert asked.dialect is not None  # noqa: S101
        content = asked.content if isinstance(asked.content, bytes) else b""
        self.id = new_id(at)
        opened = Opened(
            id=self.id,
            owner=asked.owner,
            run=self.rooms.run,
            at=at,
            method="POST",
            path=asked.route.path,
            match=SUMMARY,
            dialect=asked.dialect.name,
            provider=asked.provider.name,
            model=asked.request.model,
            body_hash=asked.body_hash,
            body_bytes=len(content),
            parsed=True,
        )
        whole = replace(asked.request, before=content, after=b"")  # it is in no place of its messages
        return filled(Draft(opened, Lookup(asked.owner, name=self.session.hex()), NO_HINTS), whole, None)

    async def _reply(self) -> Reply:
        incoming = self._incoming = await self._forwarding.send()
        self._first_byte_at = self.rooms.clock()
        assert self.asked.dialect is not None  # noqa: S101
        limit = self.rooms.forwarder.max_body_bytes
        transcript = self._transcript = transcript_of(self.asked.dialect, incoming.values, incoming.status, limit)
        while chunk := await incoming.read():
            self._size += len(chunk)
            transcript.feed(chunk)
        transcript.close()
        return transcript.reply()

    def _close(self, ticket: Ticket, ending: str, reply: Reply | None, summary: SegmentRecord | None) -> Ticket:
        body = self._transcript.body if self._transcript else b""
        record = closed(self._facts(ending, body), reply, self._estimate, self._cost)
        if reply is not None:  # its texts are no more to be found than the summary is: the conversation itself is
            record = replace(aside(record, reply, body), said=(), summary=summary)
        return self.rooms.recorder.close(ticket, record, ())

    def _facts(self, ending: str, body: bytes) -> Facts:
        incoming, forwarding, asked = self._incoming, self._forwarding, self.asked
        values = incoming.values if incoming is not None else {}
        return Facts(
            exchange=self.id,
            at=self.rooms.clock(),
            ending=ending,
            status=incoming.status if incoming is not None else 0,
            first_byte_at=self._first_byte_at,
            size=self._size,
            upstream_id=(values.get(b"x-request-id") or values.get(b"request-id", b"")).decode("latin-1"),
            model=forwarding.model,
            body=body[:ERROR_BYTES] if incoming is not None and incoming.status >= 400 else b"",
            keeps=False,
            provider=forwarding.provider.name if forwarding.provider is not asked.provider else "",
            sent_model=forwarding.aim.model if forwarding.aim else "",
            attempts=tuple(forwarding.attempts),
        )

    def _estimate(self, reply: Reply) -> Usage:
        request, dialect = self.asked.request, self.asked.dialect
        assert request is not None  # noqa: S101
        assert dialect is not None  # noqa: S101
        count = self.rooms.meter.raw_counter(self._forwarding.model)
        prompt = sum(count(raw, dialect.read_message(raw)) for raw in request.raws)
        return self.rooms.meter.estimate(reply, request, prompt, self._forwarding.model)

    def _cost(self, model: str, usage: Usage) -> int | None:
        return self.rooms.meter.cost(model, self._forwarding.provider.market, usage)
