"""What comes from one client: its body, and the news that it left.

Knows ASGI's ``receive``, nothing of what is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.types import Receive

from proxy.encodings import DecodedTooLong, Decoder, Undecodable
from proxy.errors import BodyTooLarge


class ClientGone(Exception):
    """The client left before it had sent its whole body."""


class Inbox:
    """One request's incoming side."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read = asyncio.Event()
        self.gone = False
        """Whether the client left before the end of its body."""

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises ``ClientGone``."""
        more = True
        try:
            while more:
                chunk, more = await self._next()
                if chunk:
                    yield chunk
        finally:
            self._read.set()

    async def _next(self) -> tuple[bytes, bool]:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.gone = True
            raise ClientGone
        return message.get("body", b""), message.get("more_body", False)

    async def body(self, limit: int) -> bytes:
        """The whole body. Raises ``BodyTooLarge`` and ``ClientGone``."""
        pieces: list[bytes] = []
        size, more = 0, True
        try:
            while more:
                chunk, more = await self._next()
                size += len(chunk)
                if size > limit:
                    raise too_large(limit)
                pieces.append(chunk)
        finally:
            self._read.set()
        return b"".join(pieces)

    async def left(self) -> None:
        """Wait until the client has left, or its answer is complete. Begins where the reading of the body ended."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


def too_large(limit: int) -> BodyTooLarge:
    """The refusal of a body that can't be parsed for its size."""
    message = f"The body is longer than {limit} bytes; raise server.max_body_bytes if that is what you want."
    return BodyTooLarge(message)


def decoded(body: bytes, content_encoding: str, limit: int) -> bytes | None:
    """A copy of the body without its content encoding; None if it can't be read. Raises ``BodyTooLarge`` for a bomb."""
    if not content_encoding:
        return body
    try:
        return Decoder(content_encoding, limit).feed(body)
    except DecodedTooLong as error:
        raise too_large(limit) from error
    except Undecodable:
        return None
