"""What a client sends: its body in pieces, up to a limit, and the news that it left."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]  # ships no types
import pytest
import zstandard
from starlette.types import Message, Receive

from proxy.errors import BodyTooLarge
from proxy.inbox import ClientGone, Inbox, decoded

LEFT: Message = {"type": "http.disconnect"}


def piece(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def sender(*messages: Message) -> Receive:
    """A client that sends these, then waits for its answer."""
    waiting = list(messages)

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return receive


async def test_a_body_in_pieces_is_one() -> None:
    inbox = Inbox(sender(piece(b"a"), piece(b""), piece(b"bc"), piece(b"d", more=False)))
    assert await inbox.body(4) == b"abcd"


async def test_a_body_in_one_piece_is_that_piece() -> None:
    assert await Inbox(sender({"type": "http.request", "body": b"abc"})).body(3) == b"abc"


async def test_no_body_is_empty() -> None:
    assert await Inbox(sender({"type": "http.request"})).body(0) == b""


async def test_chunks_come_as_they_arrive() -> None:
    inbox = Inbox(sender(piece(b"a"), piece(b""), piece(b"bc", more=False)))
    assert [chunk async for chunk in inbox.chunks()] == [b"a", b"bc"]


@pytest.mark.parametrize("pieces", [[piece(b"abcd", more=False)], [piece(b"ab"), piece(b"cd"), LEFT]])
async def test_a_body_above_the_limit_is_refused_as_soon_as_that_is_seen(pieces: list[Message]) -> None:
    with pytest.raises(BodyTooLarge, match=r"3 bytes.*server\.max_body_bytes"):
        await Inbox(sender(*pieces)).body(3)


@pytest.mark.parametrize("pieces", [[LEFT], [piece(b"a"), LEFT]])
async def test_a_client_that_leaves_in_mid_body_is_gone(pieces: list[Message]) -> None:
    with pytest.raises(ClientGone):
        await Inbox(sender(*pieces)).body(3)


async def test_the_client_is_watched_only_after_its_body() -> None:
    inbox = Inbox(sender(piece(b"a"), piece(b"b", more=False), LEFT))
    watching = asyncio.ensure_future(inbox.left())
    assert await inbox.body(2) == b"ab"
    await watching


async def test_a_client_that_stays_has_not_left() -> None:
    inbox = Inbox(sender(piece(b"", more=False)))
    watching = asyncio.ensure_future(inbox.left())
    await inbox.body(0)
    await asyncio.wait([watching], timeout=0)
    assert not watching.done()
    watching.cancel()


async def test_what_is_left_of_a_body_that_nobody_reads_on_does_not_hide_that_the_client_left() -> None:
    inbox = Inbox(sender(piece(b"a"), piece(b"b"), piece(b"c", more=False), LEFT))
    chunks = inbox.chunks()
    assert await anext(chunks) == b"a"
    await chunks.aclose()  # type: ignore[attr-defined]  # a generator behind its interface
    await inbox.left()


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


PACKERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("zstd", zstandard.ZstdCompressor().compress),
    ("GZIP, br", lambda body: brotli.compress(gzip.compress(body))),
    ("identity", bytes),
    ("", bytes),
]


@pytest.mark.parametrize(("encoding", "pack"), PACKERS)
def test_a_compressed_body_is_read(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    body = b'{"messages": []}' * 10
    assert decoded(pack(body), encoding, len(body)) == body


@pytest.mark.parametrize(("encoding", "pack"), PACKERS[:-2])
def test_a_bomb_is_refused(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BodyTooLarge):
        decoded(pack(bytes(1_000_000)), encoding, 10_000)


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"plain", "gzip"), (b"\xff" * 9, "br"), (b"plain", "zstd"), (b"x", "pack200")]
)
def test_a_body_that_is_not_what_it_says_cannot_be_read(body: bytes, encoding: str) -> None:
    assert decoded(body, encoding, 100) is None
