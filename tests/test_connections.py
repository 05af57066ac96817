"""Connections whose request's head never ends, and what is no HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from proxy.connections import HEAD_BYTES
from proxy.server import running
from proxy.standin import create_standin
from tests import servers
from tests.test_server import settings_of

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
SLOW = {"model": "standin", "messages": [{"role": "user", "content": "hi"}]}
WHOLE = b"GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n"


@asynccontextmanager
async def connected(folder: Path, seconds: float) -> AsyncIterator[Ends]:
    """A connection to a proxy that waits so long for a head."""
    async with running(settings_of(folder, {"server.head_seconds": seconds})) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
        try:
            yield reader, writer
        finally:
            writer.close()


def refused(answer: bytes) -> tuple[bytes, str]:
    """The status line and the error's code."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b"\r\n", 1)[0], json.loads(body)["error"]["code"]


async def test_a_head_that_never_ends_is_refused(tmp_path: Path) -> None:
    async with connected(tmp_path, 0.1) as (reader, writer):
        writer.write(WHOLE[:-2])
        assert refused(await reader.read()) == (b"HTTP/1.1 408 ", "head_too_slow")


async def test_a_second_head_that_never_ends_is_refused(tmp_path: Path) -> None:
    async with connected(tmp_path, 0.1) as (reader, writer):
        writer.write(WHOLE)
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        writer.write(WHOLE[:10])
        assert refused(await reader.read()) == (b"HTTP/1.1 408 ", "head_too_slow")


async def test_a_connection_that_never_speaks_is_closed_without_a_word(tmp_path: Path) -> None:
    async with connected(tmp_path, 0.1) as (reader, _):
        assert await reader.read() == b""


async def test_a_request_takes_as_long_as_its_answer_does(tmp_path: Path) -> None:
    async with servers.running(create_standin()) as upstream:
        flags = {"server.head_seconds": 0.05, "upstream.base_url": f"{upstream}/v1"}
        async with running(settings_of(tmp_path, flags)) as url, httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"{url}/v1/chat/completions", json=SLOW, headers={"x-standin": "delay=0.3"})
    assert answer.status_code == 200


async def test_what_is_no_http_is_told_so_in_the_shape_of_all_errors(tmp_path: Path) -> None:
    async with connected(tmp_path, 30) as (reader, writer):
        writer.write(b"hello\r\n\r\n")
        assert refused(await reader.read()) == (b"HTTP/1.1 400 ", "invalid_http")


async def test_a_head_that_is_too_long_is_refused(tmp_path: Path) -> None:
    async with connected(tmp_path, 30) as (reader, writer):
        writer.write(WHOLE[:-2] + b"x: " + b"y" * HEAD_BYTES + b"\r\n\r\n")
        assert refused(await reader.read()) == (b"HTTP/1.1 431 ", "head_too_long")


async def test_a_head_without_end_is_refused_before_it_is_read(tmp_path: Path) -> None:
    async with connected(tmp_path, 30) as (reader, writer):
        writer.write(WHOLE[:-2] + b"x: " + b"y" * HEAD_BYTES)
        assert refused(await reader.read()) == (b"HTTP/1.1 431 ", "head_too_long")


async def test_a_body_may_be_longer_than_a_head(tmp_path: Path) -> None:
    async with connected(tmp_path, 30) as (reader, writer):
        body = b"x" * 3 * HEAD_BYTES
        writer.write(b"POST /readyz HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
