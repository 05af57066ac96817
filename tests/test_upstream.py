"""Connections to upstreams, without a proxy before them."""

import asyncio
import socket

import pytest

from proxy.errors import UpstreamSilent, UpstreamUnreachable
from proxy.upstream import Outgoing, Upstream, UpstreamCut, reachable
from tests.e2e.upstreams import raw_upstream


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def asking(url: str, content: bytes = b"") -> Outgoing:
    """A request."""
    return Outgoing("some", "POST" if content else "GET", url, (), content)


@pytest.mark.parametrize("answers", [b"", b"HTTP/1.1 200 OK\r\nconte"])
async def test_nothing_is_tried_twice_here(answers: bytes) -> None:
    async with raw_upstream() as raw:
        raw.says("/x", answers, closes=True)
        upstream = Upstream(connect_seconds=5, idle_seconds=5, max_connections=2)
        with pytest.raises(UpstreamUnreachable) as caught:
            await upstream.send(asking(f"{raw.url}/x", b"body"))
        assert (caught.value.code, raw.requests["/x"]) == ("upstream_closed", 1)
        await upstream.close()


async def test_a_connection_that_fails_has_a_code_of_its_own() -> None:
    upstream = Upstream(connect_seconds=5, idle_seconds=5, max_connections=2)
    with pytest.raises(UpstreamUnreachable) as caught:
        await upstream.send(asking(f"http://127.0.0.1:{free_port()}/x", b"body"))
    assert caught.value.code == "upstream_unreachable"
    await upstream.close()


async def test_what_came_before_a_break_is_given_before_the_break_is_told() -> None:
    async with raw_upstream() as raw:
        raw.says("/cut", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nsome", closes=True)
        upstream = Upstream(connect_seconds=5, idle_seconds=5, max_connections=2)
        incoming = await upstream.send(asking(f"{raw.url}/cut"))
        assert await incoming.read() == b"some"
        with pytest.raises(UpstreamCut):
            await incoming.read()
        incoming.close()
        await upstream.close()


async def test_silence_is_an_error_of_its_own() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw_upstream() as raw:
        raw.scripts["/silent"] = silent
        upstream = Upstream(connect_seconds=5, idle_seconds=0.01, max_connections=2)
        with pytest.raises(UpstreamSilent):
            await upstream.send(asking(f"{raw.url}/silent"))
        await upstream.close()


async def test_whatever_an_upstream_answers_it_is_reachable() -> None:
    async with raw_upstream() as raw:
        raw.says("/v1/models", b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n")
        assert await reachable("local", f"{raw.url}/v1/", 5) is None
    reason = str(await reachable("local", f"http://127.0.0.1:{free_port()}/v1", 5))
    assert reason.startswith("The upstream 'local'")
    assert "can't be reached" in reason


BROKEN = [b"NOT HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", b"HTTP/1.1 2"]


@pytest.mark.parametrize("answer", BROKEN)
async def test_a_key_in_the_query_is_in_no_error(answer: bytes) -> None:
    async with raw_upstream() as raw:
        raw.says("/models", answer, closes=True)
        upstream = Upstream(connect_seconds=5, idle_seconds=5, max_connections=2)
        with pytest.raises(UpstreamUnreachable) as caught:
            await upstream.send(asking(f"{raw.url}/models?key=SEKRET"))
        assert "SEKRET" not in str(caught.value)
        assert "<" not in str(caught.value)
        await upstream.close()
