"""The upstreams of the benchmark, neither of which may be what is slow.

For requests a second and latency it is nginx, which answers the same completion to everyone from its configuration.
Where replies must differ, or come piece by piece at a known pace, it is the small server in this file: run as a process
of its own, it says `bench: answering on http://HOST:PORT`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Iterator

import uvloop

from bench.texts import MODEL, Writer

CHUNKS = 20
PACE_SECONDS = 0.001
REPLY_BYTES = 700

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_STREAM = re.compile(rb'"stream": ?true')
_PAUSE = re.compile(rb"\r\nx-bench-pause: *([\d.]+)", re.IGNORECASE)


def completion(number: int, text: str) -> bytes:
    """A chat completion, as an upstream words it."""
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": 25, "completion_tokens": 18, "total_tokens": 43}
    head = {"id": f"chatcmpl-{number:012d}", "object": "chat.completion", "created": 1_780_000_000, "model": MODEL}
    return json.dumps({**head, "choices": [choice], "usage": usage}, separators=(",", ":")).encode()


FIXED = completion(
    0, "A group commit writes many transactions with one sync, so that each of them pays a part of it. " * 2
)


def frames(number: int) -> Iterator[bytes]:
    """The same as a stream of events."""
    head = {"id": f"chatcmpl-{number:012d}", "object": "chat.completion.chunk", "created": 1_780_000_000}
    for at, word in enumerate(Writer(f"stream-{number}").text(6 * CHUNKS).split()[:CHUNKS]):
        delta = {"content": f" {word}"} if at else {"role": "assistant", "content": word}
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        yield b"data: %b\n\n" % json.dumps({**head, "model": MODEL, "choices": [choice]}).encode()
    ended = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield b"data: %b\n\ndata: [DONE]\n\n" % json.dumps({**head, "model": MODEL, "choices": [ended]}).encode()


class Upstream:
    """Answers each request with a text of its own, or with a stream of a chunk every millisecond; after as many seconds
    as a request's header says."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until the client leaves."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                if pause := _PAUSE.search(head):
                    await asyncio.sleep(float(pause[1]))
                await self._answer(writer, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        number = next(self._numbers)
        if _STREAM.search(body):
            await _stream(writer, number)
            return
        reply = completion(number, Writer(f"reply-{number}").text(REPLY_BYTES))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(reply))
        writer.write(reply)


async def _stream(writer: asyncio.StreamWriter, number: int) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    for frame in frames(number):
        writer.write(b"%x\r\n%b\r\n" % (len(frame), frame))
        await asyncio.sleep(PACE_SECONDS)
    writer.write(b"0\r\n\r\n")


async def main() -> None:
    """Serve until the process is ended."""
    server = await asyncio.start_server(Upstream().serve, "127.0.0.1", 0, limit=2**20)
    print(f"bench: answering on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
