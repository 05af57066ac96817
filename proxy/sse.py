"""Bytes to server-sent events, as they arrive.

Knows bytes and the event-stream grammar; nothing of JSON, nothing of models. Lines end at CR, LF or CRLF and nowhere
else, so U+2028 and its kin inside a payload are data. Cut the bytes anywhere: the events are the same.
"""

from __future__ import annotations

from typing import NamedTuple

_BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event: its data lines joined by newlines, and its name, often empty.

    ``start`` is where it began in the chunk that ended it; 0 if it began in an earlier one.
    """

    data: bytes
    name: bytes = b""
    start: int = 0


class EventStream:
    """An incremental parser. A first data line that begins with ``closing`` is an event without its blank line.

    Clients that read line by line take that line for the end: what must happen before the end must precede it.
    """

    __slots__ = ("_after_cr", "_closing", "_data", "_fresh", "_name", "_start", "_tail")

    def __init__(self, closing: bytes | tuple[bytes, ...] | None = None) -> None:
        self._closing = closing
        self._tail: list[bytes] = []
        self._data: list[bytes] = []
        self._name = b""
        self._start: int | None = None
        self._fresh = True
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that this chunk completes."""
        if self._start is None and not self._tail and chunk[:6] == b"data: " and chunk[-2:] == b"\n\n":
            events = _whole(chunk)
            if events:
                self._fresh = self._after_cr = False
                return events
        return self._read(chunk)

    def close(self) -> list[Event]:
        """The last event, if the stream ended in the middle of it."""
        events = [self._take(self._unmarked(b"".join(self._tail)), 0), self._dispatch()]
        self._tail.clear()
        return [event for event in events if event]

    def _read(self, chunk: bytes) -> list[Event]:
        fresh = self._past_line_feed(chunk)
        if b"\n" not in fresh and b"\r" not in fresh:
            # Joined only once a line ends: a payload that comes byte by byte costs what its bytes cost.
            self._tail += [fresh] if fresh else []
            return []
        text = b"".join((*self._tail, fresh))
        return self._lines(text, len(chunk) - len(text))

    def _past_line_feed(self, chunk: bytes) -> bytes:
        """A CR ended its line at once, so an LF that follows it in the next chunk is no line of its own."""
        second = self._after_cr and chunk.startswith(b"\n")
        self._after_cr = self._after_cr and not chunk
        return chunk[1:] if second else chunk

    def _lines(self, text: bytes, at: int) -> list[Event]:
        """Read whole lines and keep the rest; ``at`` is where the text begins, counted from the chunk's first byte."""
        events = []
        lines = text.splitlines(keepends=True)
        self._tail = [] if text.endswith((b"\n", b"\r")) else [lines.pop()]
        self._after_cr = text.endswith(b"\r")
        self._start = None if self._start is None else 0
        for line in lines:
            event = self._take(self._unmarked(line.rstrip(b"\r\n")), at)
            at += len(line)
            if event:
                events.append(event)
        return events

    def _unmarked(self, line: bytes) -> bytes:
        if self._fresh:
            self._fresh = False
            return line.removeprefix(_BOM)
        return line

    def _take(self, line: bytes, at: int) -> Event | None:
        """One line: an empty one ends the event, comments and unknown fields (``id``, ``retry``) pass by."""
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        if field in {b"data", b"event"} and self._start is None:
            self._start = max(at, 0)
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value
        elif field == b"data":
            self._data.append(value)
            if self._closing and len(self._data) == 1 and value.startswith(self._closing):
                return self._dispatch()
        return None

    def _dispatch(self) -> Event | None:
        event = Event(b"\n".join(self._data), self._name, self._start or 0) if self._data else None
        self._data, self._name, self._start = [], b"", None
        return event


def _whole(chunk: bytes) -> list[Event]:
    """The usual chunk: unnamed events of one data line each, all complete. Empty when it is anything else."""
    if b"\r" in chunk:
        return []
    lines = chunk[6:-2].split(b"\n\ndata: ")
    if b"\n" in b"".join(lines):
        return []
    events, at = [Event(lines[0])], len(lines[0]) + 8
    for line in lines[1:]:
        events.append(Event(line, b"", at))
        at += len(line) + 8
    return events
