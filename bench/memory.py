"""Memory: after the start, with one vocabulary loaded, and over thousands of requests."""

from __future__ import annotations

from bench.load import exactly, template
from bench.machine import pinned, resident_bytes, settle
from bench.plan import Plan
from bench.servers import Grounds
from bench.tables import Goal, Row

MB = 1_000_000
CONNECTIONS = 32
START = Goal("<=", 120.0, " MB")
GROWTH = Goal("<=", 1.1)


def memory(ground: Grounds, plan: Plan) -> list[Row]:
    """Megabytes after the start, and how they grow from the first thousands of requests to the last."""
    with ground.steno("compiled", ground.fixed) as steno:  # who compiles first needs some megabytes more
        settle(steno.pid)
    with pinned(ground.cores.load), ground.steno("memory", ground.fixed) as steno:
        settle(steno.pid)
        start = resident_bytes(steno.pid) / MB
        sizes, sent = [], 0
        for count in plan.steady:
            exactly(steno.host, template(steno.host, f"memory {count}"), CONNECTIONS, count - sent)
            sizes.append(resident_bytes(steno.pid) / MB)
            sent = count
    steps = ", ".join(f"{count:,}: {size:.1f}" for count, size in zip(plan.steady, sizes, strict=True))
    slope = 1000 * (sizes[-1] - sizes[-2]) / (plan.steady[-1] - plan.steady[-2]) * 1000
    grown = f"{steps} MB; of late {slope:.0f} bytes a request"
    return [
        Row("d  RSS after the start", f"{start:.1f} MB", start, START, " MB"),
        Row(f"d  RSS at {plan.steady[-1]:,} requests: last/first", grown, sizes[-1] / sizes[0], GROWTH),
    ]
