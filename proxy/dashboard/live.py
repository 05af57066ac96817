"""Server-sent events that say only that something changed: the page then asks for what it shows.

The store is asked once a second, so that what any process records is seen. A stream ends when the server stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from proxy.dashboard.desk import Desk, sees
from storage.ports import StoreError

SECONDS = 1.0
SILENT_ROUNDS = 15
OPENING = b"retry: 2000\n\n"
CHANGED = b"event: changed\ndata: 1\n\n"
ALIVE = b": alive\n\n"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}

State = Callable[[], Awaitable[object]]


async def changes(desk: Desk, request: Request) -> Response:
    """What is new in the list of sessions."""
    owner = sees(request)

    async def state() -> object:
        return [row.updated_at for row in await desk.store.sessions(owner, 1)]

    return _stream(desk, desk.store.browsing.changed_at if owner is None else state)


async def session_changes(desk: Desk, request: Request) -> Response:
    """What is new in a session."""
    session = await desk.session(request)

    async def state() -> object:
        row = await desk.store.session(session.id.hex(), session.owner)
        running = await desk.store.browsing.running(session.id)
        return row and (row.updated_at, row.messages, row.errors), [(one.exchange, len(one.data)) for one in running]

    return _stream(desk, state)


def _stream(desk: Desk, state: State) -> Response:
    return StreamingResponse(tidings(desk.closing, state), media_type="text/event-stream", headers=HEADERS)


async def tidings(closing: asyncio.Event, state: State, seconds: float = SECONDS) -> AsyncIterator[bytes]:
    """An event for each time that the state is another one."""
    yield OPENING
    silent = 0
    with suppress(StoreError):  # the browser comes again
        last = await state()
        while not await _closes(closing, seconds):
            now = await state()
            silent += 1
            if now != last:
                last, silent = now, 0
                yield CHANGED
            elif silent >= SILENT_ROUNDS:
                silent = 0
                yield ALIVE


async def _closes(closing: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(closing.wait(), seconds)
    except TimeoutError:
        return False
    return True
