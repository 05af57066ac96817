"""A client so small that it hardly costs anything: one connection that is kept, bytes out, a whole reply back."""

from __future__ import annotations

import re
import socket
import time
from typing import NamedTuple

from bench.texts import KEY

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
SECONDS = 60.0


class Failed(Exception):
    """A reply was no 200, or none came. It fails the whole run."""


class Answer(NamedTuple):
    """A reply; ``body`` is as it came, chunks and all."""

    status: int
    body: bytes


def request(host: str, body: bytes, *, path: str = "/v1/chat/completions", headers: bytes = b"") -> bytes:
    """A chat request as bytes, as a client with a key of its own sends it."""
    return b"".join(
        (
            f"POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: {KEY}\r\n".encode(),
            b"accept: application/json\r\nuser-agent: bench/1\r\ncontent-type: application/json\r\n",
            headers,
            b"content-length: %d\r\n\r\n" % len(body),
            body,
        )
    )


class Line:
    """One connection."""

    def __init__(self, host: str) -> None:
        name, _, port = host.rpartition(":")
        self.socket = socket.create_connection((name, int(port)), timeout=SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def ask(self, sent: bytes) -> bytes:
        """The body of the reply. Raises ``Failed``."""
        self.socket.sendall(sent)
        while (answer := self.receive()) is None:
            pass
        return answer.body

    def first_byte(self, sent: bytes) -> float:
        """The seconds until the first byte of the reply's body came; the rest is read, too. Raises ``Failed``."""
        started = time.perf_counter()
        self.socket.sendall(sent)
        first = 0.0
        while (answer := self.receive()) is None:
            if not first and self._buffer.partition(b"\r\n\r\n")[2]:
                first = time.perf_counter()
        if not first or not answer.body.startswith(b"data:", answer.body.find(b"\n") + 1):
            message = "a stream did not come as a stream"
            raise Failed(message)
        return first - started

    def receive(self) -> Answer | None:
        """Read once; the reply if it is now whole. Raises ``Failed``."""
        received = self.socket.recv(1 << 18)
        if not received:
            message = "the connection was closed before the reply was whole"
            raise Failed(message)
        self._buffer += received
        answer = _whole(self._buffer)
        if answer is None:
            return None
        self._buffer = b""
        if answer.status != 200:
            message = f"answered {answer.status}: {answer.body[:300].decode(errors='replace')}"
            raise Failed(message)
        return answer

    def close(self) -> None:
        """Leave."""
        self.socket.close()


def _whole(received: bytes) -> Answer | None:
    head, found, body = received.partition(b"\r\n\r\n")
    if not found:
        return None
    length = _LENGTH.search(head)
    ended = len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")
    return Answer(int(head[9:12]), body) if ended else None
