"""The samples, held with the stand-in alone: what they say, and which session they tell of."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest_asyncio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proxy.cli.samples import converse
from proxy.standin import create_standin
from tests.servers import running


@dataclass(slots=True)
class Numbered:
    """An upstream that names a session in each answer: the number of the request."""

    app: ASGIApp
    count: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.count += 1
                message["headers"] = [*message["headers"], (b"x-session-id", str(self.count).encode())]
            await send(message)

        await self.app(scope, receive, named)


@dataclass(frozen=True, slots=True)
class Held:
    """The samples' requests, and the session that they told."""

    told: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[bytes, bytes]] = field(default_factory=list)

    def talk(self, at: int) -> list[dict[str, Any]]:
        """The messages of a request."""
        messages: list[dict[str, Any]] = self.requests[at]["messages"]
        return messages


@pytest_asyncio.fixture
async def held() -> AsyncIterator[Held]:
    standin = create_standin()
    async with running(Numbered(standin)) as url:
        told = await converse(f"{url}/v1")
    entries = standin.state.standin.journal.entries
    yield Held(told, [json.loads(entry.kept) for entry in entries], [dict(entry.headers) for entry in entries])


async def test_the_session_told_is_the_one_that_parts_in_two(held: Held) -> None:
    parted = int(held.told) - 1
    one, other = held.talk(parted), held.talk(parted + 1)
    assert one[:-1] == other[:-1] != []
    assert one[-1] != other[-1]


async def test_a_tools_result_answers_the_call_that_was_made(held: Held) -> None:
    (talk,) = (talk for talk in map(held.talk, range(len(held.requests))) if talk[-1]["role"] == "tool")
    assert talk[-1]["tool_call_id"] == talk[-2]["tool_calls"][0]["id"]


async def test_one_answer_is_streamed_with_its_usage(held: Held) -> None:
    (request,) = (request for request in held.requests if request.get("stream"))
    assert request["stream_options"] == {"include_usage": True}


async def test_one_session_is_named_by_its_client(held: Held) -> None:
    assert [headers.get(b"x-session-id") for headers in held.headers].count(b"demo-notes") == 1


async def test_a_rate_limit_ends_the_samples_without_an_error(held: Held) -> None:
    assert held.headers[-1][b"x-standin"] == b"status=429"
    assert len(held.requests) == 8
