"""Relayed bytes to a reply, as they pass by.

Reads a copy: undoes its content encoding, tells a stream from plain JSON, hands events to the dialect's assembler.
Never raises, never holds a byte back, and never keeps a stream's bytes for longer than until somebody takes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from msgspec.structs import replace

from proxy.dialects.dialect import Dialect
from proxy.encodings import Decoder, Undecodable
from proxy.messages import Reply
from proxy.sse import EventStream

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
_BOM = b"\xef\xbb\xbf"


class Seen(NamedTuple):
    """What a chunk showed: where in it the stream's closing event begins; 0 if it began in a chunk before."""

    closing_at: int | None = None


_NOTHING = Seen()


class Transcript:
    """One reply. ``limit`` bounds what an encoded body decodes to, and a plain body."""

    def __init__(self, dialect: Dialect, content_type: str, content_encoding: str, status: int, limit: int) -> None:
        self._dialect = dialect
        self._streams = status < 400 and content_type.lower().startswith("text/event-stream")
        self._status = status
        self._room = limit
        self._decoder, self._broken = _decoder(content_encoding, limit)
        self._assembler = dialect.assembler()
        self._events: EventStream | None = None
        self._undecided = True
        self._body: list[bytes] = []
        self._new: list[bytes] = []

    def feed(self, chunk: bytes) -> Seen:
        """Read the next bytes as the upstream sent them."""
        if self._broken:
            return _NOTHING
        if self._decoder is not None:
            self._read(self._decoded(self._decoder, chunk))
            return _NOTHING
        self._new.append(chunk)
        return self._read(chunk)

    def close(self) -> None:
        """The body ended: what stands there without its newline counts, too."""
        if self._undecided and self._streams:
            self._begin_stream(0)
        if self._events is not None:
            for event in self._events.close():
                self._assembler.feed(event.data)

    def reply(self) -> Reply:
        """The reply so far. Changes nothing."""
        if self._events is not None or (self._undecided and self._streams):
            reply = self._assembler.reply()
        else:
            reply = self._dialect.read_reply(b"".join(self._body), self._status)
        return replace(reply, malformed=True) if self._broken else reply

    @property
    def body(self) -> bytes:
        """A plain body, decoded; empty for a stream."""
        return b"" if self._events is not None else b"".join(self._body)

    def take_new(self) -> bytes:
        """The decoded bytes since the last call."""
        new = b"".join(self._new)
        self._new.clear()
        return new

    def _decoded(self, decoder: Decoder, chunk: bytes) -> bytes:
        try:
            decoded = decoder.feed(chunk)
        except Undecodable:
            self._broken = True
            return b""
        self._new.append(decoded)
        return decoded

    def _read(self, data: bytes) -> Seen:
        if self._events is not None:
            return self._read_events(self._events, data, 0)
        self._room -= len(data)
        if self._room < 0:
            self._broken = True
            return _NOTHING
        self._body.append(data)
        return self._decide(len(data)) if self._undecided else _NOTHING

    def _decide(self, size: int) -> Seen:
        """Whether this is a stream shows at its first characters, whatever its type says."""
        is_stream = _sniffed(b"".join(self._body), self._streams)
        self._undecided = is_stream is None
        return self._begin_stream(size) if is_stream else _NOTHING

    def _begin_stream(self, size: int) -> Seen:
        """Read what came so far as events; its last ``size`` bytes are the chunk of now."""
        self._undecided = False
        self._events = EventStream(self._dialect.closing)
        head = b"".join(self._body)
        self._body.clear()
        return self._read_events(self._events, head, len(head) - size)

    def _read_events(self, events: EventStream, data: bytes, earlier: int) -> Seen:
        seen = _NOTHING
        for event in events.feed(data):
            if self._assembler.feed(event.data):
                seen = Seen(max(event.start - earlier, 0))
        return seen


def transcript_of(dialect: Dialect, values: Mapping[bytes, bytes], status: int, limit: int) -> Transcript:
    """A transcript of the reply whose head has these headers, by their names in lower case."""
    kind, encoding = (values.get(name, b"").decode("latin-1") for name in (b"content-type", b"content-encoding"))
    return Transcript(dialect, kind, encoding, status, limit)


def _decoder(content_encoding: str, limit: int) -> tuple[Decoder | None, bool]:
    """The decoder that is needed, and whether there is none for it."""
    if not content_encoding:
        return None, False
    try:
        decoder = Decoder(content_encoding, limit)
    except Undecodable:
        return None, True
    return None if decoder.idle else decoder, False


def _sniffed(head: bytes, declared: bool) -> bool | None:
    """Whether the body that begins like this is a stream; ``None`` as long as it may be either."""
    start = head.removeprefix(_BOM).lstrip()
    if start.startswith((b"{", b"[")):
        return False
    if start.startswith(_FIELDS):
        return True
    if any(field.startswith(start) for field in _FIELDS) or _BOM.startswith(head):
        return None
    return declared
