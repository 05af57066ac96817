"""Requests, tokens, costs and times by day, added up as exchanges end, so that a look at them costs a look at the days.

They follow the writer with the full-text index; exchanges that wait are counted as they stand. A time's place in its
spread is known to a tenth; a day is one of UTC.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import log2
from typing import Any

from storage.inquiries import Figures, Statistics
from storage.queries import load_queries
from storage.sqlite import balances

SQL = load_queries("storage.sqlite", "statistics.sql")
STEPS = 8
"""To an octave: a time lies within 5 % of the middle of its step."""
LATENCY, FIRST_BYTE = 0, 1
SUMS = 7
VERSION = re.compile(r"/v?\d.*")
ALL_DAYS = ("", "~")

Key = tuple[str, int, str, str, str]
"""The day, the owner's row, the provider, the model, the app."""


@dataclass(slots=True)
class Tally:
    """What is added up under one name."""

    sums: list[int] = field(default_factory=lambda: [0] * SUMS)
    spreads: tuple[Counter[int], Counter[int]] = field(default_factory=lambda: (Counter(), Counter()))

    def add(self, sums: Iterable[int], spreads: Iterable[Mapping[int, int]] = ()) -> None:
        """Add what another one holds."""
        self.sums = [mine + theirs for mine, theirs in zip(self.sums, sums, strict=True)]
        for mine, theirs in zip(self.spreads, spreads, strict=False):
            mine.update(theirs)

    def figures(self, name: str) -> Figures:
        """As a row of a series."""
        times = [percentile(spread, share) for spread in self.spreads for share in (0.5, 0.95)]
        return Figures(name, *self.sums, *times)


def step(micros: int) -> int:
    """The step of a spread that a time falls into."""
    return int(log2(max(1, micros)) * STEPS)


def percentile(spread: Mapping[int, int], share: float) -> int | None:
    """The time below which that share of the exchanges lies; ``None`` where there are none."""
    rest = sum(spread.values()) * share
    for place in sorted(spread):
        rest -= spread[place]
        if rest <= 0:
            return round(2 ** ((place + 0.5) / STEPS))
    return None


def app(user_agent: str) -> str:
    """The app's name, without its version."""
    return VERSION.sub("", user_agent.split(" ", 1)[0])[:80]


def take(connection: sqlite3.Connection, limit: int) -> int:
    """Add up the next exchanges that ended; up to which one."""
    (last,) = connection.execute(SQL["next_mark"], (limit,)).fetchone()
    for key, tally in _waiting(connection, last).items():
        _add_up(connection, key, tally)
    balances.take(connection, last)
    return int(last)


def take_names(connection: sqlite3.Connection, exchange: int) -> None:
    """Let an exchange that is about to go count for no model and no app; what it cost stays in its day's sums."""
    row = connection.execute(SQL["counted"], (exchange,)).fetchone()
    if row is None:
        return
    key, sums, spreads = _counted(row)
    for named, sign in ((key, -1), ((*key[:3], "", ""), 1)):
        latency, first_byte = (Counter(dict.fromkeys(spread, sign)) for spread in spreads)
        _add_up(connection, named, Tally([sign * one for one in sums], (latency, first_byte)))
    connection.execute(SQL["drop_empty_spreads"], key)
    connection.execute(SQL["drop_empty_day"], key)
    balances.take_name(connection, *key[:4])


def drop(connection: sqlite3.Connection, last: int) -> None:
    """Let nothing wait any longer, up to that exchange."""
    for query in ("drop_waiting", "let_running_wait", "set_counted"):
        connection.execute(SQL[query], (last,))


def _add_up(connection: sqlite3.Connection, key: Key, tally: Tally) -> None:
    (day,) = connection.execute(SQL["add_day"], (*key, *tally.sums)).fetchone()
    for measure, spread in enumerate(tally.spreads):
        rows = [(day, measure, place, exchanges) for place, exchanges in spread.items()]
        connection.executemany(SQL["add_spread"], rows)


def _waiting(connection: sqlite3.Connection, last: int) -> dict[Key, Tally]:
    tallies: dict[Key, Tally] = {}
    for row in connection.execute(SQL["waiting"], (last,)).fetchall():
        key, sums, spreads = _counted(row)
        tallies.setdefault(key, Tally()).add(sums, spreads)
    return tallies


def _counted(row: tuple[Any, ...]) -> tuple[Key, list[int], list[dict[int, int]]]:
    """What an exchange adds, and under which name."""
    late, at, ended_at, first_byte_at, owner, provider, model, agent, failed, *rest = row
    key = (_day(at), owner, provider, model, app(agent))
    spreads = [{step(end - at): 1} if end and not late else {} for end in (ended_at, first_byte_at)]
    return key, [not late, failed and not late, *rest], spreads


def _day(micros: int) -> str:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).strftime("%Y-%m-%d")


def statistics(connection: sqlite3.Connection, owner: bytes | None, since: int, until: int) -> Statistics:
    """Totals and series."""
    first, last = (_day(since) if since else ALL_DAYS[0]), (_day(until) if until else ALL_DAYS[1])
    spreads: dict[int, tuple[Counter[int], Counter[int]]] = {}
    for day, measure, place, exchanges in connection.execute(SQL["spreads"], (owner, first, last)):
        spreads.setdefault(day, (Counter(), Counter()))[measure][place] += exchanges
    series: list[dict[str, Tally]] = [{} for _ in range(5)]
    total = Tally()
    for row, *names_and_sums in connection.execute(SQL["days"], (owner, first, last)):
        _add(total, series, names_and_sums[:5], (names_and_sums[5:], spreads.get(row, ())))
    for key, tally in _waiting(connection, balances.ALL).items():
        day, number, provider, model, name = key
        (whose,) = connection.execute(SQL["owner_hash"], (number,)).fetchone()
        if first <= day <= last and (owner is None or owner.hex() == whose):
            _add(total, series, [day, model, provider, whose, name], (tally.sums, tally.spreads))
    days, *others = ([tally.figures(name) for name, tally in each.items()] for each in series)
    ranked = (tuple(sorted(each, key=lambda one: (-one.requests, one.name))) for each in others)
    return Statistics(total.figures(""), tuple(sorted(days, key=lambda one: one.name)), *ranked)


def _add(total: Tally, series: list[dict[str, Tally]], names: list[str], more: tuple[list[int], object]) -> None:
    """Add to the totals, and to each series under its name."""
    sums, spreads = more
    for tally in (total, *(each.setdefault(name, Tally()) for each, name in zip(series, names, strict=True))):
        tally.add(sums, spreads)  # type: ignore[arg-type]
