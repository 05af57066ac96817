"""Content encodings, undone as the bytes arrive.

Knows gzip (of any number of members), deflate (with or without its zlib head), br and zstd, one after the other if a
header lists several. Never gives more than its limit: a bomb is an error long before it is memory.
"""

from __future__ import annotations

import zlib
from typing import Protocol

# zstd offers no bound on what one call may give: 256 bytes in are at most some megabytes out.
_ZSTD_BITE = 256
_ZSTD_WINDOW = 8 * 1024 * 1024


class Undecodable(ValueError):
    """The bytes are not in the encoding that was named, or nobody knows that encoding."""


class DecodedTooLong(Undecodable):
    """What the bytes decode to is longer than the limit."""


class _Stage(Protocol):
    @property
    def errors(self) -> type[Exception]:
        """What is raised where the bytes are in no such encoding."""
        ...

    def decode(self, data: bytes, room: int) -> bytes:
        """What these bytes add; more than ``room`` bytes of it stand for too much of it."""
        ...


class Decoder:
    """Undoes what a ``Content-Encoding`` header names, up to ``limit`` bytes in all."""

    __slots__ = ("_limit", "_room", "_stages")

    def __init__(self, content_encoding: str, limit: int) -> None:
        names = [name.strip().lower() for name in content_encoding.split(",")]
        self._stages = [_stage(name) for name in reversed(names) if name not in {"", "identity"}]
        self._limit = self._room = limit

    @property
    def idle(self) -> bool:
        """Whether the bytes pass as they are."""
        return not self._stages

    def feed(self, data: bytes) -> bytes:
        """What these bytes add. Raises ``Undecodable`` and ``DecodedTooLong``, after which it must not be fed again."""
        for stage in self._stages:
            try:
                data = stage.decode(data, self._room)
            except stage.errors as error:
                message = f"the body is not what its content-encoding says: {error}"
                raise Undecodable(message) from error
            if len(data) > self._room:
                message = f"the decoded body is longer than {self._limit} bytes"
                raise DecodedTooLong(message)
        self._room -= len(data)
        return data


def _stage(name: str) -> _Stage:
    match name:
        case "gzip" | "x-gzip":
            return _Gzip()
        case "deflate":
            return _Deflate()
        case "br":
            return _Brotli()
        case "zstd":
            return _Zstd()
    message = f"unknown content-encoding {name!r}"
    raise Undecodable(message)


class _Gzip:
    __slots__ = ("_member",)
    errors = zlib.error

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)

    def decode(self, data: bytes, room: int) -> bytes:
        decoded = b""
        while data and len(decoded) <= room:
            if self._member.eof:
                self._member = zlib.decompressobj(31)
            decoded += self._member.decompress(data, room + 1 - len(decoded))
            data = self._member.unused_data
        return decoded


class _Deflate:
    __slots__ = ("_head", "_stream")
    errors = zlib.error

    def __init__(self) -> None:
        self._head = b""
        self._stream = zlib.decompressobj(15)

    def decode(self, data: bytes, room: int) -> bytes:
        if len(self._head) < 2:
            self._head += data
            if len(self._head) < 2:
                return b""
            data = self._head
            # Some servers send deflate bare, against the standard: two bytes tell.
            if data[0] & 15 != 8 or (data[0] << 8 | data[1]) % 31:
                self._stream = zlib.decompressobj(-15)
        return self._stream.decompress(data, room + 1)


class _Brotli:
    __slots__ = ("_stream", "errors")

    def __init__(self) -> None:
        import brotli  # type: ignore[import-untyped]  # noqa: PLC0415 -- ships no types; megabytes that few need

        self.errors: type[Exception] = brotli.error
        self._stream = brotli.Decompressor()

    def decode(self, data: bytes, room: int) -> bytes:
        return bytes(self._stream.process(data, output_buffer_limit=room + 1))


class _Zstd:
    __slots__ = ("_stream", "errors")

    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415 -- likewise

        self.errors: type[Exception] = zstandard.ZstdError
        reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._stream = reader.decompressobj(read_across_frames=True)

    def decode(self, data: bytes, room: int) -> bytes:
        decoded = bytearray()
        for at in range(0, len(data), _ZSTD_BITE):
            decoded += self._stream.decompress(data[at : at + _ZSTD_BITE])
            if len(decoded) > room:
                break
        return bytes(decoded)
