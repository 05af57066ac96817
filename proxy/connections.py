"""A client's connection: uvicorn's HTTP, with errors in our shape, and an end to heads that never end.

uvicorn closes a connection that rests between two requests, but waits without end for one that has begun to speak, or
that never does. Those are looked for from time to time, which costs a request nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from proxy.errors import BadRequest, HeadTooLong, HeadTooSlow, HttpError

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

OFFER = re.compile(rb"\r\nupgrade:(?=[ \t]*h2c)", re.IGNORECASE)
HIDDEN = b"\r\nkeep-alive:"
"""Another header of the hop, which goes no further."""

HEAD_BYTES = 65_536
"""The longest head of a request."""


class OldCycle(RequestResponseCycle):
    """An answer to HTTP/1.0, which knows no chunks: a body whose length isn't told ends with its connection."""

    _unframed = False

    async def send(self, message: ASGISendEvent) -> None:
        """Write a piece of the answer as it is."""
        if message["type"] == "http.response.start":
            if b"content-length" not in {name.lower() for name, _ in message.get("headers", ())}:
                self._unframed, self.chunked_encoding, self.keep_alive = True, False, False
        elif message["type"] == "http.response.body" and self._unframed:
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)


class Http(HttpToolsProtocol):
    """uvicorn's HTTP, for which an offer to speak HTTP/2 is none: its parser would drop the request's body for it."""

    _heading = False
    """Whether a head has begun, and not ended."""
    _came = 0
    """The bytes that came with it, and with what stands before and after it in them."""

    def data_received(self, data: bytes) -> None:
        """Read what came; only in a request's head is there anything to hide."""
        if (self.cycle is None or not self.cycle.more_body) and OFFER.search(data):
            head, end, rest = data.partition(b"\r\n\r\n")
            data = OFFER.sub(HIDDEN, head) + end + rest
        self._came = len(data) + (self._came if self._heading else 0)
        super().data_received(data)
        if self._heading and self._came > HEAD_BYTES:
            self.refuse(_too_long())

    def on_message_begin(self) -> None:
        """A head begins."""
        self._heading = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head has come to its end. Raises where it is too long, which the parser takes for bad HTTP."""
        self._heading = False
        if self._came > HEAD_BYTES and self._head_bytes() > HEAD_BYTES:
            raise _too_long()
        super().on_headers_complete()
        if self.scope["http_version"] == "1.0":
            self.cycle.__class__ = OldCycle

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    @property
    def in_head(self) -> bool:
        """Whether a request's head is awaited: nothing is being answered, and it doesn't rest between two requests."""
        cycle = self.cycle
        through = cycle is None or (cycle.response_complete and not cycle.more_body)
        return through and self.timeout_keep_alive_task is None

    def give_up(self, error: HttpError) -> None:
        """Close, with an error for a client that has begun to speak."""
        if self.scope is None:
            self.transport.close()
        else:
            self.refuse(error)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or too much of it."""
        too_long = not self._heading and self.headers is not None and self._head_bytes() > HEAD_BYTES
        self.refuse(_too_long() if too_long else BadRequest(msg, code="invalid_http"))

    def refuse(self, error: HttpError) -> None:
        """Answer with an error, and close."""
        body = error.body()
        head = b"HTTP/1.1 %d \r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (error.status, len(body)) + body)
        self.transport.close()


def _too_long() -> HeadTooLong:
    return HeadTooLong(f"The request's head is longer than {HEAD_BYTES} bytes; send shorter headers, or a shorter URL.")


class Heads:
    """Closes the connections on which a request's head takes longer than so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[Http, tuple[RequestResponseCycle | None, float]] = {}

    def look(self, connections: Iterable[object], now: float) -> None:
        """Look at all connections, now."""
        waiting = [one for one in connections if isinstance(one, Http) and one.in_head]
        self._since = {one: self._seen(one, now) for one in waiting}
        for one, (_, since) in list(self._since.items()):
            if now - since >= self._seconds:
                message = f"The request's head did not come to its end in {self._seconds:g} seconds; send it again."
                one.give_up(HeadTooSlow(message))

    def _seen(self, connection: Http, now: float) -> tuple[RequestResponseCycle | None, float]:
        """Since when it waits for the head that follows the answer it gave last."""
        before = self._since.get(connection)
        return before if before is not None and before[0] is connection.cycle else (connection.cycle, now)

    async def watch(self, connections: Iterable[object]) -> None:
        """Look again and again."""
        loop = asyncio.get_running_loop()
        while True:
            self.look(connections, loop.time())
            await asyncio.sleep(self._seconds / 4)
