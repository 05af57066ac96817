import asyncio
from typing import Any

import pytest

from proxy.standin.answers import Answer, whole
from proxy.standin.delivery import Gate, attended, deliver
from proxy.standin.encodings import decoded
from proxy.standin.faults import WELL_BEHAVED, Faults

STREAM = Answer(b"text/event-stream", [b"a", b"b", b"c"])
BODY = whole(b"abc")


class Wire:
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def send(self, message: Any) -> None:
        self.messages.append(message)

    @property
    def pieces(self) -> list[bytes]:
        return [message["body"] for message in self.messages[1:] if message["body"]]

    @property
    def complete(self) -> bool:
        return not self.messages[-1].get("more_body", self.messages[-1]["type"] == "http.response.start")


async def delivered(answer: Answer, faults: Faults) -> Wire:
    wire = Wire()
    await deliver(answer, faults, asyncio.Event(), wire.send)
    return wire


@pytest.mark.parametrize("faults", [WELL_BEHAVED, Faults(times=1)])
async def test_a_stream_is_sent_frame_by_frame_and_a_body_at_once(faults: Faults) -> None:
    stream, body = await delivered(STREAM, faults), await delivered(BODY, faults)
    assert stream.pieces == [b"a", b"b", b"c"]
    assert body.pieces == [b"abc"]
    assert stream.complete
    assert body.complete
    assert (b"content-length", b"3") in body.messages[0]["headers"]


@pytest.mark.parametrize("answer", [STREAM, BODY])
@pytest.mark.parametrize("cut", [0, 1, 2, 3])
async def test_a_cut_comes_after_so_many_frames_or_bytes(answer: Answer, cut: int) -> None:
    wire = await delivered(answer, Faults(cut=cut))
    assert b"".join(wire.pieces) == b"abc"[:cut]
    assert not wire.complete


async def test_a_pause_lasts_until_a_release_even_one_that_came_early() -> None:
    gate, wire = Gate(), Wire()
    turn = gate.turn
    gate.release()
    await deliver(STREAM, Faults(pause=1), turn, wire.send)
    assert wire.complete


async def test_a_release_frees_nobody_who_comes_later() -> None:
    gate = Gate()
    gate.release()
    assert not gate.turn.is_set()


@pytest.mark.parametrize("answer", [STREAM, BODY])
async def test_an_encoded_answer_is_sent_whole(answer: Answer) -> None:
    wire = await delivered(answer, Faults(encoding="br"))
    assert decoded(b"".join(wire.pieces), "br") == b"abc"
    assert (b"content-encoding", b"br") in wire.messages[0]["headers"]
    assert wire.complete


async def test_a_stream_can_be_chopped_anywhere() -> None:
    assert (await delivered(STREAM, Faults(chop=2))).pieces == [b"ab", b"c"]


async def test_a_client_that_leaves_ends_its_delivery() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    wire = Wire()
    assert not await attended(deliver(STREAM, Faults(silent=True), asyncio.Event(), wire.send), receive)
    assert wire.messages == []


async def test_a_client_that_stays_gets_everything() -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    wire = Wire()
    assert await attended(deliver(STREAM, Faults(delay=0.0, pause=9), asyncio.Event(), wire.send), receive)
    assert wire.complete
