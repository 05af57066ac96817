"""The store as a whole: totals with their series, what stands out in it, and how all is doing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from proxy.dashboard.desk import Desk, sees
from proxy.dashboard.sheet import by_day, sheet
from proxy.errors import Forbidden
from proxy.reflecting import Span
from proxy.reflection.insights import insights
from storage.inquiries import Figures, Statistics

LATEST = 100
SPANS = {"7": "7 days", "30": "30 days", "90": "90 days", "all": "all time"}
DAY = 86_400_000_000


async def totals(desk: Desk, request: Request) -> Response:
    """What was asked and spent, with its series."""
    span = request.query_params.get("span", "30")
    span = span if span in SPANS else "30"
    since = 0 if span == "all" else desk.clock() - int(span) * DAY
    found = await desk.store.statistics(sees(request), since)
    balances = await desk.store.browsing.balances(sees(request), day_of(since))
    columns = series(every_day(found.days))
    return await desk.page(
        request,
        "totals.html",
        totals=found,
        span=span,
        spans=SPANS,
        series=columns | by_day(balances, columns["day"]),
        groups=groups(found),
        sheet=sheet(balances, desk.price),
    )


def day_of(micros: int) -> str:
    """The day of a time in UTC; before all days where there is none."""
    return datetime.fromtimestamp(micros // 1_000_000, UTC).strftime("%Y-%m-%d") if micros else ""


def every_day(days: Sequence[Figures]) -> Sequence[Figures]:
    """The days from the first to the last: on those in between that are missing, nothing was asked."""
    known = {day.name: day for day in days}
    if len(known) < 2:
        return days
    first, last = (datetime.strptime(day.name, "%Y-%m-%d").replace(tzinfo=UTC) for day in (days[0], days[-1]))
    names = [f"{first + timedelta(days=number):%Y-%m-%d}" for number in range((last - first).days + 1)]
    return [known.get(name) or Figures(name) for name in names]


def series(days: Sequence[Figures]) -> dict[str, list[Any]]:
    """The days as columns of numbers, for the charts."""
    return {
        "day": [day.name for day in days],
        "requests": [day.requests for day in days],
        "errors": [day.errors for day in days],
        "prompt": [day.prompt_tokens for day in days],
        "completion": [day.completion_tokens for day in days],
        "cached": [day.cached_tokens for day in days],
        "cost": [day.cost / 1e9 for day in days],
        "p50": [_milliseconds(day.latency_p50) for day in days],
        "p95": [_milliseconds(day.latency_p95) for day in days],
        "first": [_milliseconds(day.first_byte_p50) for day in days],
    }


def groups(found: Statistics) -> list[tuple[str, Sequence[Figures]]]:
    """The sums by what they may be told apart by."""
    return [("model", found.models), ("provider", found.providers), ("app", found.apps), ("day", found.days[::-1])]


def _milliseconds(micros: int | None) -> float | None:
    return None if micros is None else round(micros / 1000, 1)


async def reflection(desk: Desk, request: Request) -> Response:
    """What the latest exchanges tell about themselves."""
    seen = await desk.reflector.reflect(sees(request), Span(LATEST))
    return await desk.page(request, "reflection.html", seen=seen, insights=insights(seen))


async def health(desk: Desk, request: Request) -> Response:
    """How the process and its store are doing, which is nobody's own."""
    if sees(request) is not None:
        message = "How the server is doing is shown to its admin."
        raise Forbidden(message)
    size = await desk.store.browsing.size()
    return await desk.page(request, "health.html", vitals=desk.vitals(), size=size)
