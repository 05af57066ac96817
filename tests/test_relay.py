"""The relay alone: what it sends, and when it waits for the commit."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from starlette.types import Message

from proxy.dialects.chat import Chat
from proxy.headers import Headers
from proxy.relay import COMPLETE, UPSTREAM_CUT, Relay, reply_headers
from proxy.transcript import Transcript
from proxy.upstream import Incoming, UpstreamCut

EVENTS = (b"content-type", b"text/event-stream")
HI = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
DONE = b"data: [DONE]\n\n"


class Reply(Incoming):
    """A reply made of pieces."""

    def __init__(self, *pieces: bytes, headers: Headers = (), status: int = 200, cut: bool = False) -> None:
        self.pieces = list(pieces)
        self.status = status
        self.headers = headers
        self.values = dict(headers)
        self.cut = cut

    async def read(self) -> bytes:
        if self.cut and not self.pieces:
            raise UpstreamCut
        return self.pieces.pop(0) if self.pieces else b""


@dataclass(slots=True)
class Listener:
    """What the client gets and the recorder is told, in one list."""

    happened: list[object] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        self.happened.append(message["status"] if "status" in message else message["body"])
        if not message.get("more_body", True):
            self.happened.append("end")

    async def commit(self, ending: str) -> None:
        self.happened.append(f"<{ending}>")

    def relay(self, incoming: Incoming, *, parsed: bool = True, keeps: bool = False) -> Relay:
        kinds = dict(incoming.headers)
        kind, coding = (kinds.get(name, b"").decode() for name in (b"content-type", b"content-encoding"))
        transcript = Transcript(Chat(), kind, coding, incoming.status, 1000) if parsed else None
        return Relay(self.send, lambda: 7, self.commit, transcript, keeps=keeps)


async def bare() -> Headers:
    """A head without headers."""
    return ()


async def relayed(incoming: Incoming, *, parsed: bool = True, bodiless: bool = False) -> list[object]:
    """All that happens, up to a cut."""
    listener = Listener()
    relay = listener.relay(incoming, parsed=parsed)
    if isinstance(incoming, Reply) and incoming.cut:
        with pytest.raises(UpstreamCut):
            await relay.run(incoming, bare, bodiless=bodiless)
    else:
        await relay.run(incoming, bare, bodiless=bodiless)
    return listener.happened


async def test_the_closing_event_waits_for_the_commit() -> None:
    happened = await relayed(Reply(HI, DONE, b": bye\n\n", headers=[EVENTS]))
    assert happened == [200, HI, f"<{COMPLETE}>", DONE, b": bye\n\n", b"", "end"]


async def test_what_stands_before_it_in_its_chunk_does_not() -> None:
    happened = await relayed(Reply(HI + DONE, headers=[EVENTS]))
    assert happened == [200, HI, f"<{COMPLETE}>", DONE, b"", "end"]


async def test_without_a_closing_event_the_end_of_the_body_waits() -> None:
    assert await relayed(Reply(HI, headers=[EVENTS])) == [200, HI, f"<{COMPLETE}>", b"", "end"]


async def test_of_a_known_length_the_last_piece_waits() -> None:
    happened = await relayed(Reply(b'{"a"', b":1}", headers=[(b"content-length", b"7")]))
    assert happened == [200, b'{"a"', f"<{COMPLETE}>", b":1}", "end"]


@pytest.mark.parametrize("length", [(), [(b"content-length", b"0")]])
async def test_a_reply_without_a_body_waits_as_a_whole(length: Headers) -> None:
    assert (await relayed(Reply(headers=length), bodiless=not length))[:2] == [f"<{COMPLETE}>", 200]


async def test_traffic_that_is_not_read_waits_as_well() -> None:
    assert await relayed(Reply(b"x", b"y"), parsed=False) == [200, b"x", b"y", f"<{COMPLETE}>", b"", "end"]


async def test_a_cut_reply_is_told_as_such_and_left_unfinished() -> None:
    assert await relayed(Reply(HI, headers=[EVENTS], cut=True)) == [200, HI, f"<{UPSTREAM_CUT}>"]


async def test_a_cut_after_the_closing_event_takes_nothing_back() -> None:
    assert await relayed(Reply(HI, DONE, headers=[EVENTS], cut=True)) == [200, HI, f"<{COMPLETE}>", DONE]


async def test_the_bytes_of_an_error_are_kept_and_those_of_others_only_on_request() -> None:
    for status, keeps, kept in ((200, False, []), (200, True, [b"x"]), (500, False, [b"x"])):
        listener, incoming = Listener(), Reply(b"x", status=status)
        relay = listener.relay(incoming, keeps=keeps)
        await relay.run(incoming, bare, bodiless=False)
        assert relay.kept == kept
        assert (relay.first_byte_at, relay.size) == (7, 1)


async def test_what_is_abandoned_commits_nothing() -> None:
    listener, incoming = Listener(), Reply(HI, headers=[EVENTS])
    relay = listener.relay(incoming)
    relay.abandon()
    await relay.run(incoming, bare, bodiless=False)
    assert not [one for one in listener.happened if isinstance(one, str) and one.startswith("<")]


def test_no_upstream_sets_our_headers() -> None:
    headers = reply_headers([(b"X-Exchange-Id", b"forged"), (b"a", b"1"), (b"a", b"2")], [(b"x-exchange-id", b"own")])
    assert headers == [(b"a", b"1"), (b"a", b"2"), (b"x-exchange-id", b"own")]
