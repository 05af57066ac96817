"""A client that leaves ends the wait for it; one that stays is not waited for."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message

from proxy.inbox import Inbox
from proxy.presence import Watch


class Client:
    """Sends an empty body; leaves when it is told to."""

    def __init__(self) -> None:
        self.leaves = asyncio.Event()
        self.looked_for = asyncio.Event()
        self._waiting: list[Message] = [{"type": "http.request"}]

    async def receive(self) -> Message:
        if self._waiting:
            return self._waiting.pop()
        self.looked_for.set()
        await self.leaves.wait()
        return {"type": "http.disconnect"}


async def served(client: Client) -> Inbox:
    """The client's side, its body read."""
    inbox = Inbox(client.receive)
    await inbox.body(0)
    return inbox


async def test_a_client_that_leaves_ends_what_is_done_for_it() -> None:
    client = Client()
    presence = asyncio.timeout(None)
    client.leaves.set()
    with pytest.raises(TimeoutError):
        async with presence, Watch(await served(client), presence):
            await asyncio.Event().wait()


async def test_a_client_that_stays_is_looked_for_no_longer_than_it_is_served() -> None:
    client = Client()
    presence = asyncio.timeout(None)
    async with presence, Watch(await served(client), presence):
        await client.looked_for.wait()
    assert not presence.expired()
    assert len(asyncio.all_tasks()) == 1


async def test_what_is_done_at_once_is_done_unwatched() -> None:
    client = Client()
    presence = asyncio.timeout(None)
    async with presence, Watch(await served(client), presence):
        pass
    assert not client.looked_for.is_set()
