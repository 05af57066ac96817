"""Small texts made smaller. Pure: bytes in, bytes out.

A message that a client sends back differs little from the one that is stored, so its own form is kept as a deflate
stream whose dictionary is the stored one; what stands around the messages of a reply is much the same in every reply.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import msgspec

REPLY = (
    b'{"id":"chatcmpl-","object":"chat.completion","created":17,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,'
    b'"message":,"logprobs":null,"finish_reason":"tool_calls"}],"finish_reason":"stop"}],"usage":{"prompt_tokens":'
    b',"completion_tokens":,"total_tokens":,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},'
    b'"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,'
    b'"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_"}'
)
LEVEL = 6
QUICK = 3
"""For long texts that come with every turn: a third of the time, and a twentieth larger."""
SMALL = 4096
"""Up to here a small window sees everything, and costs a tenth of a large one to set up; nor does a long search pay."""
PLAIN = 64
"""What is no longer than this is kept as it is."""


def _packer(dictionary: bytes, *, small: bool) -> zlib._Compress:
    level, window, memory = (3, 12, 4) if small else (LEVEL, zlib.MAX_WBITS, 8)
    return zlib.compressobj(level, zlib.DEFLATED, -window, memory, zlib.Z_DEFAULT_STRATEGY, dictionary)


def _deflate(data: bytes, dictionary: bytes) -> bytes:
    small = len(data) + len(dictionary) <= SMALL
    packer = _SMALL_REPLY.copy() if small and dictionary is REPLY else _packer(dictionary, small=small)
    return packer.compress(data) + packer.flush()


_SMALL_REPLY = _packer(REPLY, small=True)
"""A copy is had sooner than another one that has read the dictionary."""


def _inflate(data: bytes, dictionary: bytes) -> bytes:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS, zdict=dictionary)
    return unpacker.decompress(data) + unpacker.flush()


def pack(reply: bytes) -> bytes:
    """What stands around a reply's messages."""
    return _deflate(reply, REPLY)


def unpack(packed: bytes) -> bytes:
    """The inverse of ``pack``."""
    return _inflate(packed, REPLY)


def pack_form(form: bytes, stored: bytes) -> bytes:
    """A message as it came, given the message as it is stored: empty where they are the same."""
    return b"" if form == stored else _deflate(form, stored)


def unpack_form(packed: bytes, stored: bytes) -> bytes:
    """The inverse of ``pack_form``."""
    return _inflate(packed, stored) if packed else stored


def pack_blob(data: bytes, level: int = LEVEL) -> tuple[bool, bytes]:
    """Content with nothing to compare it to, and whether packing made it smaller."""
    packed = zlib.compress(data, level) if len(data) > PLAIN else data
    return (True, packed) if len(packed) < len(data) else (False, data)


def unpack_blob(packed: bool, data: bytes) -> bytes:
    """The inverse of ``pack_blob``."""
    return zlib.decompress(data) if packed else data


def pack_residue(before: bytes, after: bytes, shared: Mapping[bytes, bytes]) -> bytes:
    """What stands around a request's messages, with hashes in the places of shared content, which is kept by itself."""
    return msgspec.msgpack.encode([_without(before, shared), _without(after, shared)])


def _without(piece: bytes, shared: Mapping[bytes, bytes]) -> list[bytes]:
    """Bytes and hashes in turn."""
    found = sorted((piece.find(data), name) for name, data in shared.items() if data in piece)
    pieces, at = [], 0
    for start, name in found:
        if start >= at:  # else it stands inside the content before it
            pieces += [piece[at:start], name]
            at = start + len(shared[name])
    return [*pieces, piece[at:]]


def unpack_residue(packed: bytes, shared: Callable[[bytes], bytes]) -> tuple[bytes, bytes]:
    """What stood before and after the messages, given the shared content by its hash."""
    before, after = msgspec.msgpack.decode(packed, type=list[list[bytes]])
    return _with(before, shared), _with(after, shared)


def residue_names(packed: bytes) -> set[bytes]:
    """The hashes of the shared content in it."""
    return {name for pieces in msgspec.msgpack.decode(packed, type=list[list[bytes]]) for name in pieces[1::2]}


def _with(pieces: list[bytes], shared: Callable[[bytes], bytes]) -> bytes:
    return b"".join(shared(piece) if at % 2 else piece for at, piece in enumerate(pieces))
