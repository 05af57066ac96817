"""Sends an answer the way the faults want it: in pieces, late, encoded, held back, or not to its end.

Knows ASGI's messages and nothing of what it sends. It waits only for time (`delay`) and for what tests control: the
release of paused answers, and the client's leaving, which cancels the delivery.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator

import msgspec
from starlette.types import Receive, Send

from proxy.standin.answers import Answer, Headers, chopped, sliced
from proxy.standin.encodings import encoded
from proxy.standin.faults import WELL_BEHAVED, Faults


class _ClientGoneError(Exception):
    """The client closed its connection before the answer was complete."""


class Gate:
    """Holds paused answers back: a release frees every request that had come by then."""

    def __init__(self) -> None:
        self.turn = asyncio.Event()

    def release(self) -> None:
        """Let all paused answers go on."""
        self.turn.set()
        self.turn = asyncio.Event()


async def deliver(answer: Answer, faults: Faults, turn: asyncio.Event, send: Send) -> None:
    """Send the answer; returning before its last piece makes the server drop the connection."""
    if faults is WELL_BEHAVED and not answer.lasting:
        await _deliver_promptly(answer, send)
        return
    if faults.silent:
        await asyncio.Event().wait()
    answer = _prepared(answer, faults)
    await _delay(faults)
    await _head(answer, send)
    for position, piece in _placed(answer, faults):
        if position == faults.pause:
            await turn.wait()
        if position == faults.cut:
            return
        await _delay(faults)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def attended(delivery: Awaitable[None], receive: Receive) -> bool:
    """Deliver while the client stays; say whether it stayed to the end."""
    stayed = True
    try:
        async with asyncio.TaskGroup() as group:
            watcher = group.create_task(_watch(receive))
            await delivery
            watcher.cancel()
    except* _ClientGoneError:
        stayed = False
    return stayed


async def _watch(receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGoneError


async def _deliver_promptly(answer: Answer, send: Send) -> None:
    await _head(answer, send)
    if answer.length is not None:
        await send({"type": "http.response.body", "body": b"".join(answer.pieces)})
        return
    for piece in answer.pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _head(answer: Answer, send: Send) -> None:
    length = [(b"content-length", str(answer.length).encode())] if answer.length is not None else []
    headers = [(b"content-type", answer.content_type), *length, *answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})


async def _delay(faults: Faults) -> None:
    # Without a delay too: a send to a client that left doesn't suspend, and its leaving could never interrupt us.
    await asyncio.sleep(faults.delay)


def _prepared(answer: Answer, faults: Faults) -> Answer:
    """Encode and chop the body as asked."""
    pieces: Iterable[bytes] = answer.pieces
    headers: Headers = answer.headers
    length = answer.length
    if faults.encoding:
        pieces = encoded(pieces, faults.encoding)
        headers = (*headers, (b"content-encoding", faults.encoding.encode()))
        pieces = [b"".join(pieces)] if length is not None else pieces
        length = sum(map(len, pieces)) if isinstance(pieces, list) else None
    if faults.chop and length is None:
        pieces = chopped(pieces, faults.chop)
    return msgspec.structs.replace(answer, pieces=pieces, headers=headers, length=length)


def _placed(answer: Answer, faults: Faults) -> Iterator[tuple[int, bytes]]:
    """Place the pieces by what was sent before them, frames or bytes, and the end after them."""
    end = 0
    if answer.length is None:
        for end, piece in enumerate(answer.pieces, 1):
            yield end - 1, piece
    else:
        for start, piece in sliced(answer.pieces, (faults.cut, faults.pause)):
            end = start + len(piece)
            yield start, piece
    yield end, b""
