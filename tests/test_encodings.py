"""Encodings undone as the bytes arrive, wherever they are cut, and never beyond the limit."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]  # ships no types
import pytest
import zstandard

from proxy.encodings import DecodedTooLong, Decoder, Undecodable

Pack = Callable[[bytes], bytes]

TEXT = b'{"messages": [{"role": "user", "content": "hi"}]}' * 20
LIMIT = 10_000


def bare_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(body)


def twice(body: bytes) -> bytes:
    packed: bytes = brotli.compress(gzip.compress(body))
    return packed


PACKERS: list[tuple[str, Pack]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", bare_deflate),
    ("br", brotli.compress),
    ("zstd", zstd),
    (" GZIP , br", twice),
]


@pytest.mark.parametrize(("encoding", "pack"), PACKERS)
def test_what_was_encoded_comes_back_whole_or_byte_by_byte(encoding: str, pack: Pack) -> None:
    packed = pack(TEXT)
    assert Decoder(encoding, LIMIT).feed(packed) == TEXT
    decoder = Decoder(encoding, LIMIT)
    assert b"".join(decoder.feed(packed[at : at + 1]) for at in range(len(packed))) == TEXT


@pytest.mark.parametrize(("encoding", "pack"), PACKERS)
def test_a_body_of_just_the_limit_is_taken_and_of_one_byte_more_is_not(encoding: str, pack: Pack) -> None:
    random = bytes(range(256)) * 4
    assert Decoder(encoding, len(random)).feed(pack(random)) == random
    with pytest.raises(DecodedTooLong, match="1023 bytes"):
        Decoder(encoding, len(random) - 1).feed(pack(random))


@pytest.mark.parametrize(("encoding", "pack"), PACKERS)
def test_a_bomb_is_an_error_long_before_it_is_memory(encoding: str, pack: Pack) -> None:
    with pytest.raises(DecodedTooLong):
        Decoder(encoding, LIMIT).feed(pack(bytes(5_000_000)))


def test_the_limit_holds_over_all_that_is_fed() -> None:
    packer = zlib.compressobj(wbits=31)
    decoder = Decoder("gzip", 5)
    assert decoder.feed(packer.compress(b"four") + packer.flush(zlib.Z_SYNC_FLUSH)) == b"four"
    with pytest.raises(DecodedTooLong, match="5 bytes"):
        decoder.feed(packer.compress(b"ab") + packer.flush())


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstd)])
def test_parts_that_follow_each_other_are_one_body(encoding: str, pack: Pack) -> None:
    assert Decoder(encoding, LIMIT).feed(pack(b"one ") + pack(b"") + pack(b"two")) == b"one two"


def test_members_of_gzip_count_together_against_the_limit() -> None:
    with pytest.raises(DecodedTooLong):
        Decoder("gzip", 5).feed(gzip.compress(b"abc") * 2)


@pytest.mark.parametrize("encoding", ["", "identity", " Identity , "])
def test_without_an_encoding_the_bytes_pass_as_they_are(encoding: str) -> None:
    decoder = Decoder(encoding, LIMIT)
    assert decoder.idle
    assert decoder.feed(b"any bytes \xff") == b"any bytes \xff"
    assert not Decoder("gzip", LIMIT).idle


@pytest.mark.parametrize(("encoding", "pack"), PACKERS)
def test_bytes_that_are_cut_off_give_what_they_have(encoding: str, pack: Pack) -> None:
    assert TEXT.startswith(Decoder(encoding, LIMIT).feed(pack(TEXT)[:-8]))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_what_is_not_so_encoded_is_refused(encoding: str) -> None:
    with pytest.raises(Undecodable, match="not what its content-encoding says"):
        Decoder(encoding, LIMIT).feed(b"\xff plain text that was never packed")


def test_an_encoding_that_nobody_knows_is_refused_before_any_byte() -> None:
    with pytest.raises(Undecodable, match="'pack200'"):
        Decoder("gzip, pack200", LIMIT)
