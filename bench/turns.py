"""A conversation of thousands of turns through the openai SDK and a running proxy, and what its turns cost, drawn.

    python -m bench.turns docs/turns.svg

A client sends its whole history each time: to ask at each of 10,000 turns would be 10 GB on the wire. So it asks at
some places only, ``BURST`` turns in a row at each, and what was said in between comes with the first of them, which is
not measured. The same is asked in a second conversation, all of which is forwarded. The upstream is a strict one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import httpx2
import openai

from bench.client import Failed
from bench.drawing import Line, Panel, drawn
from bench.machine import cores
from bench.planning import THRESHOLD, heard, planned
from bench.servers import NotStarted, standin, steno
from bench.tables import Goal, Row, missed, table
from bench.texts import MODEL, Message, Writer
from proxy.compaction import Planner
from proxy.shares import Budget
from proxy.tokens import Tokenizer
from proxy.tracks import Track

BURST = 5
PLACES = 20
SIZE = 60
"""Bytes of a message."""
STRICT = {"x-standin": "strict;text=Noted."}
BOUND = Goal("<=", 1.05)


class Place(NamedTuple):
    """What asking at one place came to: the turn, tokens sent and forwarded, and milliseconds: of a request that is
    planned, of one that is forwarded whole, of planning by itself."""

    turn: int
    sent: int
    forwarded: int
    planned: float
    whole: float
    alone: float = 0.0


@dataclass(slots=True)
class Client:
    """The SDK in one conversation; ``seconds`` are those of its last request, from its first byte to the reply's."""

    base_url: str
    key: str
    headers: dict[str, str]
    writer: Writer
    messages: list[Message] = field(default_factory=list)
    seconds: float = 0.0

    def sdk(self) -> openai.OpenAI:
        """The SDK, which tells when it begins to send and when the reply's head is there."""
        hooks: dict[str, list[Any]] = {"request": [self._begins], "response": [self._ends]}
        http = httpx2.Client(event_hooks=hooks, timeout=120)
        headers = {**STRICT, **self.headers}
        return openai.OpenAI(
            base_url=f"{self.base_url}/v1", api_key=self.key, default_headers=headers, max_retries=0, http_client=http
        )

    def _begins(self, _: object) -> None:
        self.seconds = -time.perf_counter()

    def _ends(self, _: object) -> None:
        self.seconds += time.perf_counter()

    def tell(self, turn: int) -> None:
        """A turn that is over."""
        self.messages += [self._question(turn), {"role": "assistant", "content": self.writer.text(SIZE)}]

    def ask(self, sdk: openai.OpenAI, turn: int) -> tuple[int, int]:
        """A turn through the proxy: the tokens sent and forwarded. What the upstream refuses is an error."""
        self.messages.append(self._question(turn))
        # As an extra: to go through 20,000 typed messages takes the SDK seconds.
        whole = {"messages": self.messages}
        raw = sdk.chat.completions.with_raw_response.create(model=MODEL, messages=[], extra_body=whole)
        self.messages.append({"role": "assistant", "content": raw.parse().choices[0].message.content})
        sent = raw.headers.get("x-context-sent-tokens", "0")
        return int(sent), int(raw.headers.get("x-context-forwarded-tokens", sent))

    def _question(self, turn: int) -> Message:
        text = self.writer.text(SIZE)
        return {"role": "user", "content": f"{turn}: {text}{'.?'[turn % 2]}"}


def walk(base_url: str, turns: int, places: int) -> list[Place]:
    """Both conversations, from place to place."""
    both = [
        Client(base_url, "sk-planned", {"x-session-token-threshold": str(THRESHOLD)}, Writer("turns")),
        Client(base_url, "sk-whole", {"x-session-context": "full"}, Writer("turns")),
    ]
    step = turns // places
    with ExitStack() as stack:
        sdks = [stack.enter_context(client.sdk()) for client in both]
        return [_asked(both, sdks, range(start, start + step)) for start in range(0, step * places, step)]


def planned_alone(places: Sequence[Place]) -> list[Place]:
    """The same turns by the planner in this process."""
    count, client = Tokenizer().count, Client("", "", {}, Writer("turns"))
    for turn in range(places[-1].turn):
        client.tell(turn)
    heards = heard(client.messages, count)
    planner, done, timed = Planner(Budget(THRESHOLD), count), 0, []
    track = Track()
    for place in places:
        start = 2 * (place.turn - BURST) - 1
        track = planner.follow(track, heards[done:start])
        done = 2 * place.turn - 1
        times, track = planned(planner, track, heards[start:done])
        timed.append(place._replace(alone=median(times)))
    return timed


def _asked(clients: Sequence[Client], sdks: Sequence[openai.OpenAI], turns: range) -> Place:
    """The turns up to a place told, the last ones asked."""
    told, first, *asked = turns[: -BURST - 1], turns[-BURST - 1], *turns[-BURST:]
    times: list[list[float]] = [[] for _ in clients]
    tokens = (0, 0)
    for client, sdk in zip(clients, sdks, strict=True):
        for turn in told:
            client.tell(turn)
        client.ask(sdk, first)
    for turn in asked:
        for client, sdk, values in zip(clients, sdks, times, strict=True):
            tokens = max(tokens, client.ask(sdk, turn))
            values.append(1e3 * client.seconds)
    return Place(turns[-1] + 1, *tokens, *map(median, times))


def rows(places: Sequence[Place]) -> list[Row]:
    """How the last places stand to the first ones that were planned."""
    long = [place for place in places if place.sent > THRESHOLD]
    first, last = long[0], long[-1]
    forwarded = max(place.forwarded for place in long) / THRESHOLD
    figures = (
        f"turns {first.turn:,} to {last.turn:,}: sent {first.sent:,} to {last.sent:,}, forwarded {last.forwarded:,}"
    )
    times = f"planned {last.planned:.1f}, whole {last.whole:.1f} ms"
    half = len(long) // 2
    alone = [median(place.alone for place in part) for part in (long[:half], long[half:])]
    return [
        Row("tokens forwarded at most/threshold", figures, forwarded, BOUND),
        Row("planning alone, later/earlier half", "then {:.2f}, now {:.2f} ms".format(*alone), alone[1] / alone[0]),
        Row("a request at the end, planned/whole", times, last.planned / last.whole),
    ]


def picture(places: Sequence[Place]) -> str:
    """Two panels over the turns: tokens, and milliseconds."""
    turns = [place.turn for place in places]
    tokens = [Line("sent", [place.sent for place in places]), Line("forwarded", [place.forwarded for place in places])]
    times = [Line("all forwarded", [place.whole for place in places])]
    times.append(Line("compacted", [place.planned for place in places]))
    alone = [Line("planning", [place.alone for place in places])]
    titles = (
        "tokens of a request",
        "milliseconds of a request",
        "processor milliseconds of planning by itself",
    )
    return drawn(turns, [Panel(*one) for one in zip(titles, (tokens, times, alone), strict=True)], "turns")


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.turns", description=__doc__)
    parser.add_argument("file", type=Path, help="the picture, as SVG")
    parser.add_argument("--turns", type=int, default=10_000)
    asked = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="steno-bench-") as name, ExitStack() as stack:
            folder, used = Path(name), cores()
            upstream = stack.enter_context(standin(folder, used.load))
            proxy = stack.enter_context(steno(folder, used.measured, folder / "steno.db", upstream))
            walked = walk(f"http://{proxy.host}", asked.turns, PLACES)
        places = planned_alone(walked)
    except (Failed, NotStarted, OSError, openai.OpenAIError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    asked.file.write_text(picture(places), encoding="utf-8")
    print(table(rows(places)))
    return 1 if missed(rows(places)) else 0


if __name__ == "__main__":
    sys.exit(main())
