"""Relayed bytes to replies: any cut, any encoding, any content type."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]  # ships no types
import pytest
import zstandard

from proxy.dialects import DIALECTS
from proxy.messages import Reply
from proxy.transcript import Transcript

WIRE = Path(__file__).parent / "wire"
FIXTURES = sorted(path.name for path in WIRE.iterdir() if path.is_file())
SSE = "text/event-stream; charset=utf-8"
TEXT = (WIRE / "chat_text.sse").read_bytes()
PLAIN = (WIRE / "chat_plain.json").read_bytes()


def transcript(
    kind: str = SSE, encoding: str = "", status: int = 200, limit: int = 1_000_000, dialect: str = "chat"
) -> Transcript:
    return Transcript(DIALECTS[dialect], kind, encoding, status, limit)


def read(*chunks: bytes, **said: Any) -> Reply:
    reader = transcript(**said)
    for chunk in chunks:
        reader.feed(chunk)
    reader.close()
    return reader.reply()


def bytewise(wire: bytes) -> list[bytes]:
    return [wire[at : at + 1] for at in range(len(wire))]


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data[:100]) + gzip.compress(data[100:])


def bare(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


def framed(data: bytes) -> bytes:
    return zstandard.compress(data[:100]) + zstandard.compress(data[100:])


ENCODED = [
    ("gzip", gzipped),
    ("X-GZIP", gzipped),
    ("deflate", zlib.compress),
    ("deflate", bare),
    ("br", brotli.compress),
    ("zstd", framed),
    ("identity, gzip, br", lambda data: brotli.compress(gzipped(data))),
]


@pytest.mark.parametrize("name", FIXTURES)
@pytest.mark.parametrize("kind", [SSE, "application/json"])
def test_a_reply_is_the_same_wherever_its_bytes_are_cut(name: str, kind: str) -> None:
    wire = (WIRE / name).read_bytes()
    dialect = name.partition("_")[0]
    whole = read(wire, kind=kind, dialect=dialect)
    assert whole.reassembled is name.endswith(".sse")
    assert read(*bytewise(wire), kind=kind, dialect=dialect) == whole
    for at in range(len(wire)):
        assert read(wire[:at], wire[at:], kind=kind, dialect=dialect) == whole


@pytest.mark.parametrize("end", ["lf", "cr", "crlf"])
def test_line_ends_comments_and_split_payloads_change_nothing(end: str) -> None:
    reply = read((WIRE / f"chat_grammar_{end}.sse").read_bytes())
    assert (reply.choices[0].message.text, reply.complete, reply.malformed) == ("Hi é there!", True, False)


@pytest.mark.parametrize(("encoding", "encode"), ENCODED)
def test_an_encoded_body_is_read_from_a_decoded_copy(encoding: str, encode: type[bytes]) -> None:
    wire = encode(TEXT)
    reader = transcript(encoding=encoding)
    assert [reader.feed(chunk).closing_at for chunk in (wire[:40], wire[40:])] == [None, None]
    assert reader.reply() == read(TEXT)
    assert reader.take_new() == TEXT
    assert read(*bytewise(wire), encoding=encoding) == read(TEXT)


@pytest.mark.parametrize(("encoding", "encode"), ENCODED)
def test_a_bomb_is_malformed_and_not_read_on(encoding: str, encode: type[bytes]) -> None:
    reader = transcript(encoding=encoding, limit=10_000)
    bomb = encode(b":" * 20_000_000)
    reader.feed(bomb)
    reader.feed(bomb)
    assert reader.reply().malformed
    assert reader.take_new() == b""


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "rot13"])
def test_bytes_that_are_not_so_encoded_are_malformed(encoding: str) -> None:
    reply = read(TEXT, b"more", encoding=encoding)
    assert (reply.malformed, reply.choices) == (True, ())


def test_what_decoded_before_the_damage_is_kept() -> None:
    deflater = zlib.compressobj(wbits=31)
    good = deflater.compress(TEXT) + deflater.flush(zlib.Z_SYNC_FLUSH)
    reply = read(good, b"\xff" * 9, encoding="gzip")
    assert (reply.malformed, reply.choices) == (True, read(TEXT).choices)


def closings(*chunks: bytes, dialect: str = "chat") -> list[int | None]:
    reader = transcript(dialect=dialect)
    return [reader.feed(chunk).closing_at for chunk in chunks]


def test_the_closing_event_is_seen_in_the_chunk_that_ends_its_line() -> None:
    start = TEXT.index(b"data: [DONE]")
    assert closings(TEXT) == [start]
    assert closings(TEXT[: start + 3], TEXT[start + 3 :]) == [None, 0]
    assert closings(TEXT[:start], TEXT[start : start + 13], TEXT[start + 13 :]) == [None, 0, None]
    assert closings(TEXT[:20], TEXT[20:]) == [None, start - 20]
    assert closings(TEXT[:3], TEXT[3:]) == [None, start - 3]


def test_a_typed_closing_event_is_seen_with_its_name_and_before_its_blank_line() -> None:
    wire = (WIRE / "responses_text.sse").read_bytes()
    start = wire.index(b"event: response.completed")
    line = wire.index(b"data: ", start)
    assert closings(wire, dialect="responses") == [start]
    assert closings(wire[:line], wire[line:-1], wire[-1:], dialect="responses") == [None, 0, None]
    assert closings(wire[:-2], wire[-2:], dialect="responses") == [None, 0]


def test_an_event_that_closes_by_its_type_is_seen_with_its_name_and_before_its_blank_line() -> None:
    wire = (WIRE / "anthropic_text.sse").read_bytes()
    start = wire.index(b"event: message_stop")
    line = wire.index(b"data: ", start)
    assert closings(wire, dialect="anthropic") == [start]
    assert closings(wire[:line], wire[line:-1], wire[-1:], dialect="anthropic") == [None, 0, None]
    assert closings(wire[:-2], wire[-2:], dialect="anthropic") == [None, 0]


def test_an_event_that_closes_by_its_type_is_seen_however_it_is_written() -> None:
    wire = b'event: message_stop\ndata: {"more": 1, "type": "message_stop"}\n\n'
    assert closings(b"data: {}\n\n" + wire, dialect="anthropic") == [10]


def test_only_the_first_closing_event_counts() -> None:
    wire = (WIRE / "chat_after_done.sse").read_bytes()
    assert closings(wire, wire) == [wire.index(b"data: [DONE]"), None]


def test_the_reply_is_complete_as_soon_as_its_closing_line_is() -> None:
    reader = transcript()
    reader.feed(TEXT[:-1])
    assert reader.reply().complete


def test_new_bytes_are_given_once() -> None:
    reader = transcript()
    reader.feed(TEXT[:50])
    assert reader.take_new() == TEXT[:50]
    reader.feed(TEXT[50:])
    assert reader.take_new() == TEXT[50:]
    assert reader.take_new() == b""


@pytest.mark.parametrize("kind", [SSE, "application/json", ""])
def test_a_stream_answered_with_plain_json_is_plain(kind: str) -> None:
    reply = read(b" \n", PLAIN, kind=kind)
    assert (reply.choices[0].message.text, reply.reassembled, reply.complete) == ("Hé", False, True)


@pytest.mark.parametrize("kind", ["application/json", "", "text/plain"])
def test_a_stream_that_is_called_something_else_is_a_stream(kind: str) -> None:
    assert read(TEXT, kind=kind) == read(TEXT)


def test_an_unrecognised_beginning_goes_by_its_type() -> None:
    assert read(b"x: 1\n", TEXT) == read(TEXT)
    assert read(b"x: 1\n", TEXT, kind="text/plain").malformed
    assert read(b"<html>", status=502).error is not None


def test_a_body_too_short_to_tell_goes_by_its_type() -> None:
    assert read() == Reply(reassembled=True)
    assert read(b"da") == Reply(reassembled=True)
    assert transcript().reply() == Reply(reassembled=True)
    assert read(b"da", kind="text/plain").malformed
    assert read(kind="application/json").malformed


def test_a_plain_body_beyond_the_limit_is_malformed() -> None:
    reader = transcript("application/json", limit=len(PLAIN) - 1)
    for chunk in (PLAIN[:9], PLAIN[9:], PLAIN):
        reader.feed(chunk)
    assert reader.reply().malformed
    assert read(PLAIN, kind="application/json", limit=len(PLAIN)).complete
