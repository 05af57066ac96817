"""Whether the client of an exchange is still there."""

from __future__ import annotations

import asyncio

from proxy.inbox import Inbox

WATCH_SECONDS = 0.25


class Watch:
    """Looks out for a client that leaves, and then lets ``presence`` expire.

    A reply that is there at once needs no watch, so it begins only after a moment: a client that left before that is
    noticed then.
    """

    def __init__(self, inbox: Inbox, presence: asyncio.Timeout) -> None:
        self._inbox = inbox
        self._presence = presence
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._timer = self._loop.call_later(WATCH_SECONDS, self._begin)

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._look())

    async def _look(self) -> None:
        await self._inbox.left()
        self._presence.reschedule(self._loop.time())

    async def __aexit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
