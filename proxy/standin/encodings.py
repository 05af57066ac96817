"""Content encodings, both ways: gzip, deflate, br and zstd.

Streams are flushed after each piece, so that a client can decode every frame as it arrives.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import brotli  # type: ignore[import-untyped]
import zstandard


class EncodingError(ValueError):
    """A body isn't encoded the way its header says."""


class Encoder(Protocol):
    """Takes pieces, gives encoded pieces that can be decoded at once."""

    def encode(self, piece: bytes) -> bytes:
        """Encode a piece."""

    def finish(self) -> bytes:
        """Close the stream."""


class _Zlib:
    def __init__(self, window: int) -> None:
        self._inner = zlib.compressobj(wbits=window)

    def encode(self, piece: bytes) -> bytes:
        return self._inner.compress(piece) + self._inner.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._inner.flush()


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Compressor(quality=4)

    def encode(self, piece: bytes) -> bytes:
        return bytes(self._inner.process(piece) + self._inner.flush())

    def finish(self) -> bytes:
        return bytes(self._inner.finish())


class _Zstandard:
    def __init__(self) -> None:
        self._inner = zstandard.ZstdCompressor().compressobj()

    def encode(self, piece: bytes) -> bytes:
        return self._inner.compress(piece) + self._inner.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def finish(self) -> bytes:
        return self._inner.flush()


def encoded(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Encode a stream, a piece for each piece and one to end it."""
    encoder = _ENCODERS[coding]()
    for piece in pieces:
        yield encoder.encode(piece)
    yield encoder.finish()


def decoded(body: bytes, codings: str) -> bytes:
    """Decode a body by its `content-encoding`; several are undone from the last to the first."""
    for coding in reversed([name.strip().lower() for name in codings.split(",") if name.strip()]):
        body = _decoded(body, coding)
    return body


def _decoded(body: bytes, coding: str) -> bytes:
    if coding == "identity":
        return body
    if coding not in _DECODERS:
        message = f"content-encoding: {coding} is unknown; known are {', '.join(_DECODERS)}"
        raise EncodingError(message)
    try:
        return _DECODERS[coding](body)
    except (zlib.error, brotli.error, zstandard.ZstdError) as error:
        message = f"content-encoding: the body is not {coding}"
        raise EncodingError(message) from error


def _unzstd(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


_ENCODERS: dict[str, Callable[[], Encoder]] = {
    "gzip": lambda: _Zlib(31),
    "deflate": lambda: _Zlib(15),
    "br": _Brotli,
    "zstd": _Zstandard,
}
_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: zlib.decompress(body, wbits=31),
    "deflate": zlib.decompress,
    "br": brotli.decompress,
    "zstd": _unzstd,
}
