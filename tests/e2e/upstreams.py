"""An upstream that speaks bytes: it tells the head of each request, and says what its script says, or breaks off."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import brotli  # type: ignore[import-untyped]  # ships no types
import zstandard

ASKED = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def raw_reply(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A reply of known length."""
    lines = [b"HTTP/1.1 " + status, *headers, b"content-length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(*pieces: bytes) -> bytes:
    """A body in chunks."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


@dataclass(slots=True)
class RawUpstream:
    """Scripts by path. A script that closes the writer ends the connection; else it is kept for the next request."""

    url: str = ""
    scripts: dict[str, Script] = field(default_factory=dict)
    heads: dict[str, list[bytes]] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    connections: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by each request."""
    _talks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def requests(self) -> Counter[str]:
        """How many requests each path got."""
        return Counter({path: len(heads) for path, heads in self.heads.items()})

    def says(self, path: str, data: bytes, *, closes: bool = False) -> None:
        """Answer a path with these bytes once its body has arrived."""

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self.read_body(path, reader)
            writer.write(data)
            await writer.drain()
            if closes:
                writer.close()

        self.scripts[path] = script

    def answers(self, path: str, *replies: bytes) -> None:
        """Answer a path with one reply after another; an empty one closes the connection instead."""
        left = list(replies)

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self.read_body(path, reader)
            reply = left.pop(0)
            if not reply:
                writer.close()
                return
            writer.write(reply)
            await writer.drain()

        self.scripts[path] = script

    async def read_body(self, path: str, reader: asyncio.StreamReader) -> None:
        """Take a body whose length is given."""
        _, found, after = self.heads[path][-1].lower().partition(b"content-length:")
        self.bodies[path] = await reader.readexactly(int(after.partition(b"\r\n")[0])) if found else b""

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk with whoever comes."""
        self.connections += 1
        self._talks.append(asyncio.get_running_loop().create_task(self._talk(reader, writer)))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ")[1].decode().partition("?")[0]
                self.heads.setdefault(path, []).append(head)
                self.came.set()
                await self.scripts[path](reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client left
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def stop(self) -> None:
        """End all talks."""
        for talk in self._talks:
            talk.cancel()
        for ended in await asyncio.gather(*self._talks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


@asynccontextmanager
async def raw_upstream() -> AsyncIterator[RawUpstream]:
    """Serve scripts on a free port."""
    upstream = RawUpstream()
    server = await asyncio.start_server(upstream.connected, "127.0.0.1", 0)
    upstream.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield upstream
    finally:
        server.close()
        await upstream.stop()
