"""A request that goes on from a stream which hasn't ended yet ends its record, and that of no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from proxy.chain import Chained
from proxy.messages import Choice, Message, Part, Reply, Role
from proxy.streams import Streams
from tests.test_chain import assistant, chain, user

ANSWER = Choice(0, Message(Role.ASSISTANT, (Part("text", "Hi"),)), b"", "stop")
WHOLE = Reply(choices=(ANSWER,), complete=True)


@dataclass(slots=True)
class Running:
    """A stream whose end is counted."""

    came: Reply | None = WHOLE
    ends: int = 0

    def reply(self) -> Reply | None:
        return self.came

    def overtake(self) -> None:
        self.ends += 1


def running(streams: Streams, *stands: Reply | None, asked: Chained | None = None) -> list[Running]:
    """Streams that answer a history, of which these replies have come so far."""
    tip = (asked or chain(user("hi"))).end.tip
    found = [Running(reply) for reply in stands]
    for at, one in enumerate(found):
        streams.begin(tip, bytes([at]), one)
    return found


def ends(found: list[Running]) -> list[int]:
    return [one.ends for one in found]


FOLLOWING: Any = (user("hi"), assistant("Hi "), user("And now?"))


def test_a_whole_answer_that_is_gone_on_from_ends_its_record() -> None:
    streams = Streams()
    found = running(streams, WHOLE)
    streams.overtaken(chain(*FOLLOWING))
    assert ends(found) == [1]


@pytest.mark.parametrize("reply", [None, Reply(), replace(WHOLE, complete=False), Reply(complete=True)])
def test_an_answer_that_is_not_whole_is_left_alone(reply: Reply | None) -> None:
    streams = Streams()
    found = running(streams, reply)
    streams.overtaken(chain(*FOLLOWING))
    assert ends(found) == [0]


def test_of_streams_that_answer_the_same_only_one_that_says_what_came_back_is_ended() -> None:
    streams = Streams()
    other = replace(ANSWER, message=Message(Role.ASSISTANT, (Part("text", "Ho"),)))
    found = running(streams, replace(WHOLE, choices=(other,)), replace(WHOLE, choices=(other, ANSWER)), WHOLE)
    streams.overtaken(chain(*FOLLOWING))
    assert ends(found) == [0, 1, 0]


@pytest.mark.parametrize("messages", [(user("hi"),), (user("ho"), *FOLLOWING[1:]), (*FOLLOWING, assistant("Hi"))])
def test_another_history_ends_nothing(messages: Any) -> None:
    streams = Streams()
    found = running(streams, WHOLE)
    streams.overtaken(chain(*messages))
    assert ends(found) == [0]


def test_what_is_over_is_forgotten() -> None:
    streams = Streams()
    found = running(streams, WHOLE, WHOLE)
    tip = chain(user("hi")).end.tip
    for exchange in (b"\0", b"\1", b"\2", b"\0"):
        streams.end(tip, exchange)
    streams.overtaken(chain(*FOLLOWING))
    assert ends(found) == [0, 0]
    assert streams == Streams()
