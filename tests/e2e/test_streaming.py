"""Bytes through the proxy as they come, both ways, and what is cut in the middle."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from hashlib import sha256
from typing import Any

import httpx
import pytest

from proxy.standin.answers import noise
from tests.e2e.stages import CHAT, Stage
from tests.e2e.upstreams import chunked, raw_reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

PIECE = 1_000_000
PIECES = 30


async def first_bytes(response: httpx.Response, size: int) -> tuple[bytes, AsyncIterator[bytes]]:
    """As many bytes, and what is still to come."""
    chunks = response.aiter_raw()
    came = b""
    while len(came) < size:
        came += await anext(chunks)
    return came, chunks


async def rest(chunks: AsyncIterator[bytes]) -> bytes:
    """All that is still to come."""
    return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize("coding", ["", "gzip", "zstd"])
async def test_a_stream_arrives_frame_by_frame(stage: Stage, key: str, coding: str) -> None:
    body = {"model": "gpt-4o-mini", "stream": True, "messages": [{"role": "user", "content": "Count to 30"}]}
    wish = f"pause=5;encoding={coding}" if coding else "pause=5"
    headers = {"authorization": f"Bearer {key}", "x-standin": wish}
    async with stage.http.stream("POST", CHAT, json=body, headers=headers) as response:
        came, chunks = await first_bytes(response, 1)
        while not coding and came.count(b"\n\n") < 5:
            came += await anext(chunks)
        assert b"[DONE]" not in came
        stage.standin.gate.release()
        came += await rest(chunks)
    assert coding or came.endswith(b"data: [DONE]\n\n")
    assert (await stage.recorded(response)).exchange.ending == "complete"


async def test_a_plain_reply_arrives_as_it_is_sent(stage: Stage, key: str) -> None:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}
    headers = {"authorization": f"Bearer {key}", "x-standin": "pause=10"}
    async with stage.http.stream("POST", CHAT, json=body, headers=headers) as response:
        came, chunks = await first_bytes(response, 10)
        assert len(came) == 10
        stage.standin.gate.release()
        assert json.loads(came + await rest(chunks))["choices"]


async def test_a_large_reply_streams_through(stage: Stage, key: str) -> None:
    size = PIECE * PIECES
    headers = {"x-standin": f"pause={PIECE}"}
    async with stage.http.stream("GET", f"/v1/bytes/{size}", headers=headers) as response:
        came, chunks = await first_bytes(response, PIECE)
        stage.standin.gate.release()
        came += await rest(chunks)
    assert came == b"".join(noise(size))


@pytest.mark.parametrize("known", [False, True])
async def test_a_large_upload_streams_through(stage: Stage, key: str, known: bool) -> None:
    pieces = [bytes([number]) * PIECE for number in range(PIECES)]
    head = b'--b\r\ncontent-disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
    pieces = [head, *pieces, b"\r\n--b--\r\n"]

    async def upload() -> AsyncIterator[bytes]:
        for number, piece in enumerate(pieces):
            if number == PIECES - 1:
                await stage.journal.reached("bytes", PIECE)
            yield piece

    size = sum(map(len, pieces))
    headers = {"content-type": "multipart/form-data; boundary=b"} | ({"content-length": str(size)} if known else {})
    response = await stage.http.post("/v1/files", content=upload(), headers=headers)
    told = response.json()
    assert told["bytes"] == size
    assert told["sha256"] == sha256(b"".join(pieces)).hexdigest()
    assert stage.heard.header(b"content-type") == "multipart/form-data; boundary=b"
    assert stage.heard.header(b"content-length") == (str(size) if known else "")
    record = await stage.recorded(response)
    assert (record.exchange.path, record.exchange.session, record.messages) == ("/files", b"", ())


async def test_a_reply_may_begin_while_its_request_still_arrives(stage: Stage, key: str) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunked(b"early ")[:-5])
        size = 2 * PIECE
        stage.raw.bodies["/duplex"] = await reader.readexactly(size)
        writer.write(chunked(b"late"))

    stage.raw.scripts["/duplex"] = script
    async with stage.socket() as (reader, writer):
        head = f"POST /raw/v1/duplex HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {2 * PIECE}\r\n\r\n"
        writer.write(head.encode() + b"a" * PIECE)
        came = await reader.readuntil(b"early ")
        writer.write(b"b" * PIECE)
        came += await reader.read()
    assert b"late" in came
    assert stage.raw.bodies["/duplex"] == b"a" * PIECE + b"b" * PIECE


async def test_an_upload_that_is_refused_early_gets_its_refusal(stage: Stage, key: str) -> None:
    stage.raw.scripts["/refused"] = refusing
    async with stage.socket() as (reader, writer):
        head = f"POST /raw/v1/refused HTTP/1.1\r\nHost: h\r\nContent-Length: {2 * PIECE}\r\n\r\n"
        writer.write(head.encode() + b"a" * PIECE)
        assert (await reader.readuntil(b"too much")).startswith(b"HTTP/1.1 413")
    record = await stage.latest()
    assert (record.exchange.status, record.exchange.ending) == (413, "upstream_error")


async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Refuse a body before its end."""
    writer.write(raw_reply(b"too much", status=b"413 Too Large"))
    await reader.read()
    writer.close()


async def cut(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send a part and break off."""
    writer.write(data)
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    "part",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nsome\r\n",
    ],
)
async def test_a_reply_that_was_cut_is_cut_here(stage: Stage, key: str, part: bytes) -> None:
    def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Awaitable[Any]:
        return cut(writer, part)

    stage.raw.scripts["/cut"] = script
    async with stage.http.stream("GET", "/raw/v1/cut") as response:
        came, chunks = await first_bytes(response, 4)
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(chunks)
    assert came == b"some"
    record = await stage.recorded(response)
    assert record.exchange.ending == "upstream_cut"
