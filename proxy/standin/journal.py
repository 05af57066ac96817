"""What came in: the last requests, and how many there have been, to be waited for without sleeping.

Knows requests as bytes; nothing of what they mean.
"""

import asyncio
from base64 import b64encode
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Literal

from starlette.types import Scope

Counted = Literal["started", "requests", "bytes", "left"]

SMALL = 65536  # bodies up to here are kept, of longer ones only the hash


class Entry:
    """One request, filled as it arrives."""

    __slots__ = ("_hash", "client_left", "complete", "headers", "kept", "method", "path", "query", "size")

    def __init__(self, scope: Scope) -> None:
        self.method: str = scope["method"]
        self.path: bytes = scope.get("raw_path") or scope["path"].encode()
        self.query: bytes = scope["query_string"]
        self.headers: list[tuple[bytes, bytes]] = scope["headers"]
        self.size = 0
        self.kept = b""
        self.complete = False
        self.client_left = False
        self._hash: Any = None

    def add(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        self.size += len(chunk)
        if self._hash is None and self.size <= SMALL:
            self.kept += chunk
            return
        if self._hash is None:
            self._hash = sha256(self.kept)
        self._hash.update(chunk)

    @property
    def sha256(self) -> str:
        """The hash of the body; worked out only now, if the body was kept."""
        found = self._hash or sha256(self.kept)
        return str(found.hexdigest())

    def header(self, name: bytes) -> str:
        """All values of a header, joined; empty without any."""
        return ", ".join(value.decode("latin-1") for key, value in self.headers if key == name)

    def described(self) -> dict[str, Any]:
        """Tell the request as JSON can hold it."""
        told = {
            "method": self.method,
            "path": self.path.decode("latin-1"),
            "query": self.query.decode("latin-1"),
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in self.headers],
            "body_bytes": self.size,
            "body_sha256": self.sha256,
            "complete": self.complete,
            "client_left": self.client_left,
        }
        return told | {"body_base64": b64encode(self.kept).decode()} if self.size <= SMALL else told


class Journal:
    """The last requests in the order of their arrival, and counts of all of them."""

    def __init__(self, kept: int) -> None:
        self.entries: deque[Entry] = deque(maxlen=kept)
        self.counts: Counter[Counted] = Counter()
        self._waiting: list[tuple[Counted, int, asyncio.Event]] = []

    def start(self, scope: Scope) -> Entry:
        """Note a request whose head has arrived."""
        entry = Entry(scope)
        self.entries.append(entry)
        self._count("started")
        return entry

    def add(self, entry: Entry, chunk: bytes) -> None:
        """Note a piece of a body."""
        entry.add(chunk)
        self._count("bytes", len(chunk))

    def complete(self, entry: Entry) -> None:
        """Note that the last byte of a request has arrived."""
        entry.complete = True
        self._count("requests")

    def leave(self, entry: Entry) -> None:
        """Note that the client went away before its answer was complete."""
        entry.client_left = True
        self._count("left")

    def clear(self) -> None:
        """Forget all requests, and count from nothing again."""
        self.entries.clear()
        self.counts.clear()

    async def reached(self, what: Counted, number: int) -> None:
        """Return as soon as so many have been counted."""
        if self.counts[what] >= number:
            return
        with self._waiter(what, number) as event:
            await event.wait()

    @contextmanager
    def _waiter(self, what: Counted, number: int) -> Iterator[asyncio.Event]:
        waiter = (what, number, asyncio.Event())
        self._waiting.append(waiter)
        try:
            yield waiter[2]
        finally:
            self._waiting.remove(waiter)

    def _count(self, what: Counted, by: int = 1) -> None:
        self.counts[what] += by
        for waited, number, event in self._waiting:
            if self.counts[waited] >= number:
                event.set()
