"""Processor time of a request late in a long conversation, against one of a short one and the mere relay of the bytes.

The long conversations grow as real ones do: each request is the one before, its answer and the next question. Their
first request, with a history that nobody has seen, is not measured.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from statistics import median

from bench.client import Line, request
from bench.machine import cpu_seconds, pinned, settle
from bench.plan import Plan
from bench.servers import Grounds, Server
from bench.tables import Goal, Row
from bench.texts import Message, Writer, body_of

LONG = 200
SHORT = 3
SIZE = 560
"""Bytes of a message; 200 of them with their JSON are about 120 KB."""
OFF = b"x-session-record: off\r\n"


@dataclass(slots=True)
class Conversation:
    """One conversation with the proxy."""

    writer: Writer
    messages: list[Message] = field(default_factory=list)

    @classmethod
    def begun(cls, seed: str, length: int) -> Conversation:
        """A conversation with so many messages, the last of which asks."""
        writer = Writer(seed)
        return cls(writer, writer.messages(length, SIZE))

    def turn(self, line: Line, host: str, headers: bytes = b"") -> int:
        """Ask, take the answer in, and put the next question; the bytes that were sent."""
        body = body_of(self.messages)
        reply = json.loads(line.ask(request(host, body, headers=headers)))
        self.messages.append({"role": "assistant", "content": reply["choices"][0]["message"]["content"]})
        self.messages.append({"role": "user", "content": self.writer.text(SIZE)})
        return len(body)


def cost(ground: Grounds, plan: Plan) -> list[Row]:
    """Processor milliseconds a request, with the indexing that comes after."""
    figures: dict[str, list[float]] = {"long": [], "short": [], "long relay": [], "short relay": []}
    with pinned(ground.cores.load), ground.steno("cost", ground.varied) as steno:
        _measured(steno, "warm", plan, SHORT, b"")
        for number in range(max(2, plan.rounds // 2)):
            for name, values in figures.items():
                length = LONG if "long" in name else SHORT
                headers = OFF if "relay" in name else b""
                values.append(_measured(steno, f"{name} {number}", plan, length, headers))
    long, short, long_relay, short_relay = (median(values) for values in figures.values())
    allowed = 1.5 * short + long_relay - short_relay
    medians = (
        f"200: {long:.2f} (relay {long_relay:.2f}), 3: {short:.2f} (relay {short_relay:.2f}), allowed {allowed:.2f}"
    )
    return [Row("c  CPU ms a request, 200 messages: used/allowed", medians, long / allowed, Goal("<=", 1.0))]


def _measured(steno: Server, seed: str, plan: Plan, length: int, headers: bytes) -> float:
    """Milliseconds of the proxy's processor time for each request of conversations around ``length`` messages."""
    repeats = plan.repeats if length > SHORT else 1
    count = plan.conversations * plan.repeats // repeats
    begin = length - repeats - (repeats + length) % 2 - 1 if repeats > 1 else length - 2
    started = [Conversation.begun(f"{seed} {number}", begin | 1) for number in range(count)]
    line = Line(steno.host)
    for conversation in started:
        conversation.turn(line, steno.host, headers)
    settle(steno.pid)
    before = cpu_seconds(steno.pid)
    for _ in range(repeats):
        for conversation in started:
            conversation.turn(line, steno.host, headers)
    settle(steno.pid)
    used = cpu_seconds(steno.pid) - before
    line.close()
    return 1000 * used / (count * repeats)
