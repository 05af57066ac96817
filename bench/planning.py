"""What planning adds to a request of a long conversation: by itself, and through the proxy beside the same one whole.

The conversations go on from a history that is there already: what is measured are the turns after it. Every second
turn asks a question, which is the dearer kind. A conversation below its threshold has one so high that it is never met.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from bench.client import Line, request
from bench.machine import cpu_seconds, pinned, settle
from bench.plan import Plan
from bench.servers import Grounds, Server
from bench.tables import Goal, Row
from bench.texts import Message, Writer, body_of
from proxy import messages
from proxy.chain import link, lone_digest
from proxy.compaction import Planner
from proxy.shares import Budget
from proxy.tokens import Tokenizer, text_tokens
from proxy.tracks import Heard, Track
from proxy.units import Count

THRESHOLD = 4_000
SIZE = 120
"""Bytes of a message."""
LONG = {1_000: Goal("<=", 3.0, " ms"), 10_000: Goal("<=", 10.0, " ms")}
SHORT = 100
FREE = Goal("<=", 1.1)
PAUSE = b"x-bench-pause: 0.01\r\n"
"""The upstream takes a moment, as each does: a reply at once shares its request's commit if nothing held that up."""
WHOLE = PAUSE + b"x-session-context: full\r\n"
PLANNED = PAUSE + b"x-session-token-threshold: %d\r\n"


def planning(ground: Grounds, plan: Plan) -> list[Row]:
    """Milliseconds that planning adds, alone and through the proxy; what it costs where nothing is to be planned."""
    rows = []
    with pinned(ground.cores.measured):
        rows += [_alone(length, goal, 2 * plan.repeats) for length, goal in LONG.items()]
    with pinned(ground.cores.load), ground.steno("planning", ground.varied) as steno:
        rows += [_added(steno, length, goal, 2 * plan.repeats) for length, goal in LONG.items()]
        rows.append(_free(steno, 10 * plan.repeats))
    return rows


def said(writer: Writer, at: int) -> Message:
    """The message at a place: of the users', every second one asks."""
    return {"role": ("user", "assistant")[at % 2], "content": writer.text(SIZE) + ("?" if at % 4 == 0 else ".")}


def _alone(length: int, goal: Goal, turns: int) -> Row:
    """The planner in this process: two messages heard, and the plan; processor time."""
    count, writer = Tokenizer().count, Writer("alone")
    heards = heard([said(writer, at) for at in range(length + 2 * turns)], count)
    planner = Planner(Budget(THRESHOLD), count)
    started = time.process_time()
    track = planner.follow(Track(), heards[: length - 1])
    cold = time.process_time() - started
    times, _ = planned(planner, track, heards[length - 1 :])
    medians = f"slowest {max(times):.2f} ms; the whole history, heard for the first time, {1e3 * cold:,.0f} ms"
    return Row(f"g  planning alone, {length:,} messages: p50", medians, median(times), goal, " ms")


def heard(listed: Sequence[Message], count: Count) -> list[Heard]:
    """Messages as a planner hears them."""
    heards: list[Heard] = []
    for one in listed:
        message = messages.Message(messages.Role(one["role"]), (messages.Part("text", one["content"]),))
        digest = link(heards[-1].digest if heards else b"", lone_digest(message))
        heards.append(Heard(message, text_tokens(message.text, count), digest))
    return heards


def planned(planner: Planner, track: Track, heards: Sequence[Heard]) -> tuple[list[float], Track]:
    """The processor's milliseconds for each turn, an answer and a question, and the track after the last."""
    times = []
    for at in range(0, len(heards) - 1, 2):
        started = time.process_time()
        track = planner.follow(track, heards[at : at + 2])
        planner.plan(track)
        times.append(1e3 * (time.process_time() - started))
    return times, track


def _added(steno: Server, length: int, goal: Goal, turns: int) -> Row:
    """Turns of two conversations, one planned and one whole, by turns; with the plan, more is recorded.

    What counts is processor time: all that is added is done by the one process, nothing waits for others.
    """
    whole, planned = _paired(steno, length, turns, (WHOLE, PLANNED % THRESHOLD))
    taken = f"planned {planned.taken:.2f}, whole {whole.taken:.2f} ms"
    by_clock = f"by the clock {planned.waited - whole.waited:.2f} ms more"
    name = f"g  a request of {length:,} messages, planned: added"
    return Row(name, f"{taken}; {by_clock}", planned.taken - whole.taken, goal, " ms")


def _free(steno: Server, turns: int) -> Row:
    whole, planned = _paired(steno, SHORT, turns, (WHOLE, PLANNED % 100_000))
    medians = f"may be planned {planned.waited:.3f}, may not {whole.waited:.3f} ms"
    return Row("g  below the threshold: may be planned/may not", medians, planned.waited / whole.waited, FREE)


class Medians(NamedTuple):
    """The median milliseconds of requests: that a client ``waited``, and of the processor that they have ``taken``."""

    waited: float
    taken: float


def _paired(steno: Server, length: int, turns: int, headers: Sequence[bytes]) -> list[Medians]:
    """What requests with each of the headers take; the first ones, which tell all, are left out."""
    line, times = Line(steno.host), [list[Medians]() for _ in headers]
    writers = [Writer(f"paired {length} {number}") for number in range(len(headers))]
    talks = [[said(writer, at) for at in range(length | 1)] for writer in writers]
    for turn in range(turns + 1):
        for number, talk in enumerate(talks):
            sent = request(steno.host, body_of(talk), headers=headers[number])
            started, before = time.perf_counter(), cpu_seconds(steno.pid)
            reply = json.loads(line.ask(sent))
            if turn:
                waited, taken = time.perf_counter() - started, cpu_seconds(steno.pid) - before
                times[number].append(Medians(1e3 * waited, 1e3 * taken))
            talk.append({"role": "assistant", "content": reply["choices"][0]["message"]["content"]})
            talk.append(said(writers[number], len(talk)))
        if not turn:
            settle(steno.pid)
    line.close()
    return [Medians(*map(median, zip(*one, strict=True))) for one in times]
