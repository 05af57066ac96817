"""``GET /api/stats``: totals and series of what was asked and spent."""

from __future__ import annotations

from proxy.answers.figures import Statistics, statistics
from proxy.api.endpoints import Call, Endpoint
from proxy.api.queries import StatisticsQuery, moment_of
from proxy.savings import savings


async def get_statistics(call: Call) -> object:
    """Add up what was asked and spent: totals, and series by day, model, provider, owner and app."""
    now = call.desk.clock()
    since, until = (moment_of(name, getattr(call.query, name), now) for name in ("since", "until"))
    row = await call.store.statistics(call.caller.sees, since, until)
    compacted = await call.store.compacted(None, call.caller.sees, since, until)
    return statistics(row, savings(compacted, call.desk.price))


ENDPOINTS = (Endpoint("GET", "/api/stats", get_statistics, Statistics, StatisticsQuery),)
