"""A reply on its way to the client: bytes pass as they arrive, a copy is read, the end waits for the commit.

The end is the stream's closing event, the last piece of a body of known length, or else the end of the body. This
module never changes a byte and never waits for anything but the upstream, the client, and that one commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from starlette.types import Send

from proxy.headers import Headers
from proxy.transcript import Transcript
from proxy.upstream import Incoming, UpstreamCut
from proxy.usage import UsageFilter

ERROR_BYTES = 65_536

COMPLETE = "complete"
CLIENT_GONE = "client_gone"
UPSTREAM_CUT = "upstream_cut"
UPSTREAM_ERROR = "upstream_error"
INTERRUPTED = "interrupted"


@dataclass(slots=True)
class Relay:
    """One reply. ``commit`` is awaited once, with how the reply ended, before its end is released."""

    send: Send
    clock: Callable[[], int]
    commit: Callable[[str], Awaitable[None]]
    transcript: Transcript | None
    keeps: bool
    """Whether all bytes are kept, and not just an error's."""
    usage: UsageFilter | None = None
    """Takes out the usage that the client didn't ask for."""
    checkpoint: Callable[[bytes], None] | None = None
    checkpoint_seconds: float = 1.0
    first_byte_at: int = 0
    size: int = 0
    kept: list[bytes] = field(default_factory=list)
    _committed: bool = False
    _timer: asyncio.TimerHandle | None = None
    _remaining: int | None = None
    _failed: bool = False
    _finished: bool = False
    _head: Callable[[], Awaitable[Headers]] | None = None
    _status: int = 0

    async def run(self, incoming: Incoming, head: Callable[[], Awaitable[Headers]], *, bodiless: bool) -> None:
        """Relay a whole reply, with the headers that ``head`` gives once they are needed.

        Raises ``UpstreamCut`` where it broke off, which is left unfinished here, too.
        """
        self._head = head
        self._status = incoming.status
        self._failed = incoming.status >= 400
        length = incoming.values.get(b"content-length", b"")
        known = length.isdigit() and not bodiless and self.usage is None
        self._remaining = int(length) if known else None
        if bodiless or self._remaining == 0:
            await self._commit(COMPLETE)
        if not self._remaining:  # else the first bytes come with the head, most often all of them
            await self._begin()
        try:
            while chunk := await incoming.read():
                await self._pass(chunk)
        except UpstreamCut:
            await self._cut()
            raise
        finally:
            self._stop_timer()
        if self._remaining:
            await self._cut()
            message = f"{self._remaining} bytes of the announced length did not come"
            raise UpstreamCut(message)
        await self._commit(COMPLETE)
        if self.usage is not None:
            await self._send(self.usage.close())
        if not self._finished:
            await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _cut(self) -> None:
        await self._commit(UPSTREAM_CUT)
        await self._begin()

    async def _begin(self) -> None:
        """Send the head, once."""
        if self._head is not None:
            headers, self._head = await self._head(), None
            await self.send({"type": "http.response.start", "status": self._status, "headers": headers})

    async def _pass(self, chunk: bytes) -> None:
        self.first_byte_at = self.first_byte_at or self.clock()
        self.size += len(chunk)
        if self.keeps or (self._failed and self.size <= ERROR_BYTES):
            self.kept.append(chunk)
        closing = self._look(chunk)
        if self.usage is not None:
            chunk, closing = self.usage.feed(chunk), None if closing is None else 0
        if closing is not None and not self._committed:
            if closing:
                await self._send(chunk[:closing])
            await self._commit(COMPLETE)
            chunk = chunk[closing:]
        self._finished = self._remaining == 0
        await self._send(chunk)

    def _look(self, chunk: bytes) -> int | None:
        """Where in the chunk the end of the reply begins, if it does."""
        closing = None
        if self.transcript is not None:
            closing = self.transcript.feed(chunk).closing_at
            if self.checkpoint is not None and self._timer is None and not self._committed:
                self._timer = asyncio.get_running_loop().call_later(self.checkpoint_seconds, self._save)
        if self._remaining is not None:
            self._remaining -= len(chunk)
            if self._remaining <= 0 and closing is None:
                closing = 0
        return closing

    def _save(self) -> None:
        """Hand over what came since the last time."""
        self._timer = None
        if self.transcript is not None and self.checkpoint is not None and not self._committed:
            new = self.transcript.take_new()
            if new:
                self.checkpoint(new)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _send(self, chunk: bytes) -> None:
        await self._begin()
        await self.send({"type": "http.response.body", "body": chunk, "more_body": not self._finished})

    async def _commit(self, ending: str) -> None:
        if self._committed:
            return
        self._committed = True
        self._stop_timer()
        if self.transcript is not None:
            self.transcript.close()
        await self.commit(ending)

    def abandon(self) -> None:
        """Stop in the middle: what came so far is all there is."""
        self._stop_timer()
        if self.transcript is not None and not self._committed:
            self.transcript.close()
        self._committed = True


def reply_headers(upstream: Headers, own: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The upstream's headers as they came, and Steno's own, which no upstream may set."""
    names = {name for name, _ in own}
    return [*((name, value) for name, value in upstream if name.lower() not in names), *own]
