"""The size of the store after a long conversation, against the bytes of its messages."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bench.client import Line
from bench.cost import Conversation
from bench.machine import pinned, settle
from bench.plan import Plan
from bench.servers import Grounds
from bench.tables import Goal, Row
from bench.texts import body_of

TIMES = Goal("<=", 6.0)
LINEAR = Goal("<=", 1.2)


def growth(ground: Grounds, plan: Plan) -> list[Row]:
    """One conversation through the proxy, turn by turn; the file after its log is folded in."""
    store = ground.store("growth")
    conversation = Conversation.begun("growth", 1)
    sizes: list[tuple[int, int]] = []
    with pinned(ground.cores.load), ground.steno("growth", ground.varied) as steno:
        settle(steno.pid)
        empty = _file_bytes(store)
        line = Line(steno.host)
        done = 0
        for turns in plan.turns:
            for _ in range(turns - done):
                conversation.turn(line, steno.host)
            done = turns
            settle(steno.pid)
            said = len(body_of(conversation.messages[:-1])) - len(body_of([]))
            sizes.append((_file_bytes(store) - empty, said))
    (_, (whole, said)) = (half, last) = sizes[0], sizes[-1]
    kept = f"{plan.turns[-1]} turns: {whole:,} bytes and {empty:,} of an empty store, messages {said:,}"
    rise = (last[0] / last[1]) / (half[0] / half[1])
    halves = ", ".join(
        f"{turns} turns: {size / bytes_said:.2f}" for turns, (size, bytes_said) in zip(plan.turns, sizes, strict=True)
    )
    return [
        Row("e  store/messages, bytes", kept, (whole + empty) / said, TIMES),
        Row("e  is it linear: later/earlier share", halves, rise, LINEAR),
    ]


def _file_bytes(store: Path) -> int:
    """The bytes of a store's file, with its log folded in."""
    with closing(sqlite3.connect(store, timeout=10)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return store.stat().st_size
