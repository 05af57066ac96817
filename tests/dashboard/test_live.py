"""News of changes, as server-sent events."""

from __future__ import annotations

import asyncio
from pathlib import Path

from proxy.dashboard.live import ALIVE, CHANGED, OPENING, SILENT_ROUNDS, tidings
from storage.ports import StoreError
from tests.cli.recordings import FORKED
from tests.dashboard.visitors import desk_over, stored, visitor


async def test_an_event_comes_for_each_change_and_a_sign_of_life_without_one() -> None:
    closing, rounds = asyncio.Event(), iter([0, 1, 1, 2, *([2] * SILENT_ROUNDS)])

    async def state() -> int:
        found = next(rounds, None)
        if found is None:
            closing.set()
        return found or 0

    heard = [piece async for piece in tidings(closing, state, 0.001)]
    assert heard[:3] == [OPENING, CHANGED, CHANGED]
    assert ALIVE in heard


async def test_a_store_that_fails_ends_the_news() -> None:
    async def state() -> int:
        message = "gone"
        raise StoreError(message)

    assert [piece async for piece in tidings(asyncio.Event(), state)] == [OPENING]


async def test_the_news_end_when_the_server_does(tmp_path: Path) -> None:
    async with stored(tmp_path) as store:
        desk = desk_over(store)
        async with visitor(desk) as client:
            for path in ("/live", f"/live/{FORKED}"):
                desk.closing.clear()
                async with client.stream("GET", path) as answer:
                    pieces = answer.aiter_bytes()
                    assert await anext(pieces) == OPENING
                    assert answer.headers["content-type"].startswith("text/event-stream")
                    desk.closing.set()
                    assert [piece async for piece in pieces] == []
