"""Requests a second at 32 connections, and the median latency at one: straight, through nginx, through Steno."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median

from bench.client import Failed
from bench.load import Load, burst, has_wrk, template
from bench.plan import Plan
from bench.servers import Grounds, Server, stopped
from bench.tables import Goal, Row

CONNECTIONS = 32
RATE = Goal(">=", 0.04)
LATENCY = Goal("<=", 4.0)


def rate(ground: Grounds, plan: Plan) -> list[Row]:
    """Requests a second. Everything that Steno answered must be in its store."""
    medians = _rounds(ground, plan, "rate", CONNECTIONS, lambda load: load.rate)
    figures = f"direct {medians['direct']:,.0f}, nginx {medians['nginx']:,.0f}, Steno {medians['steno']:,.0f}"
    what = f"a  requests/s, {CONNECTIONS} connections: Steno/nginx"
    return [Row(what, figures, medians["steno"] / medians["nginx"], RATE, judged=has_wrk())]


def latency(ground: Grounds, plan: Plan) -> list[Row]:
    """The median time of a request with no other at the same time."""
    medians = _rounds(ground, plan, "latency", 1, lambda load: load.p50 * 1e6)
    figures = f"direct {medians['direct']:,.0f}, nginx {medians['nginx']:,.0f}, Steno {medians['steno']:,.0f} µs"
    return [
        Row(
            "b  p50, 1 connection: Steno/nginx", figures, medians["steno"] / medians["nginx"], LATENCY, judged=has_wrk()
        )
    ]


def _rounds(
    ground: Grounds, plan: Plan, name: str, connections: int, figure: Callable[[Load], float]
) -> dict[str, float]:
    """Medians over rounds in which all three have their turn, in an order that changes; the first one only warms up."""
    figures: dict[str, list[float]] = {"direct": [], "nginx": [], "steno": []}
    counts = Counter[str]()
    with ground.steno(name, ground.fixed) as steno:
        servers = {"direct": ground.fixed, "nginx": ground.nginx, "steno": steno}
        for number in range(plan.rounds + 1):
            order = list(servers) if number % 2 else list(reversed(servers))
            for which in order:
                sent = template(servers[which].host, f"{name} {number} {which}")
                load = _turn(ground, servers, which, (sent, connections, plan.seconds if number else 1.0))
                counts[which] += load.requests
                if number:
                    figures[which].append(figure(load))
    _check_recorded(ground.store(name), counts["steno"])
    return {which: median(values) for which, values in figures.items()}


def _turn(ground: Grounds, servers: dict[str, Server], which: str, asked: tuple[bytes, int, float]) -> Load:
    """One burst at one server, while Steno is stopped unless it is the one."""
    with ExitStack() as stack:
        if which != "steno":
            stack.enter_context(stopped(servers["steno"]))
        sent, connections, seconds = asked
        return burst(servers[which].host, sent, connections, seconds, ground.cores.load)


def _check_recorded(store: Path, answered: int) -> None:
    with closing(sqlite3.connect(store)) as connection:
        query = "SELECT count(*) FROM exchanges WHERE ending = 'complete' AND answer IS NOT NULL"
        (recorded,) = connection.execute(query).fetchone()
    if recorded < answered:
        message = f"{answered} requests were answered, but only {recorded} recorded"
        raise Failed(message)
