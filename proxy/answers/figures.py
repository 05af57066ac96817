"""Sums and series of what was asked and spent, as programs read them."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy.savings import Savings as Saved
from proxy.shapes.savings import Savings, savings
from proxy.shapes.spelling import dollars
from storage.inquiries import Figures as FiguresRow
from storage.inquiries import Statistics as StatisticsRow


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """The middle of some times, and what 95 % of them lie below; in milliseconds."""

    p50: float | None
    p95: float | None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked and spent. ``unpriced_exchanges`` have no price; where all are such, the cost is null."""

    requests: int
    errors: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    total_tokens: int
    estimated_cost: float | None
    unpriced_exchanges: int
    latency_ms: Times
    first_byte_ms: Times


class TotalFigures(Figures, frozen=True, kw_only=True):
    """Those of all, with what compaction saved or lost."""

    savings: Savings


class DayFigures(Figures, frozen=True, kw_only=True):
    """Those of a day in UTC."""

    day: str | None


class ModelFigures(Figures, frozen=True, kw_only=True):
    """Those of a model, by the name that was asked for."""

    model: str | None


class ProviderFigures(Figures, frozen=True, kw_only=True):
    """Those of a provider."""

    provider: str | None


class OwnerFigures(Figures, frozen=True, kw_only=True):
    """Those of an owner."""

    owner: str | None


class AppFigures(Figures, frozen=True, kw_only=True):
    """Those of an app, by its user agent without a version."""

    app: str | None


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """What the totals are made of: days in their order, the others by their requests, most first."""

    day: list[DayFigures]
    model: list[ModelFigures]
    provider: list[ProviderFigures]
    owner: list[OwnerFigures]
    app: list[AppFigures]


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """Totals, and what they are made of."""

    totals: TotalFigures
    series: Series


def statistics(row: StatisticsRow, saved: Saved) -> Statistics:
    """Totals, and what they are made of."""
    series = Series(
        day=[DayFigures(day=each.name or None, **_sums(each)) for each in row.days],
        model=[ModelFigures(model=each.name or None, **_sums(each)) for each in row.models],
        provider=[ProviderFigures(provider=each.name or None, **_sums(each)) for each in row.providers],
        owner=[OwnerFigures(owner=each.name or None, **_sums(each)) for each in row.owners],
        app=[AppFigures(app=each.name or None, **_sums(each)) for each in row.apps],
    )
    return Statistics(totals=TotalFigures(savings=savings(saved), **_sums(row.totals)), series=series)


def times(p50: float | None, p95: float | None) -> Times:
    """Microseconds as milliseconds."""
    return Times(p50=_millis(p50), p95=_millis(p95))


def _sums(row: FiguresRow) -> dict[str, Any]:
    return {
        "requests": row.requests,
        "errors": row.errors,
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "cached_tokens": row.cached_tokens,
        "total_tokens": row.prompt_tokens + row.completion_tokens,
        "estimated_cost": dollars(None if row.unpriced and not row.cost else row.cost),
        "unpriced_exchanges": row.unpriced,
        "latency_ms": times(row.latency_p50, row.latency_p95),
        "first_byte_ms": times(row.first_byte_p50, row.first_byte_p95),
    }


def _millis(micros: float | None) -> float | None:
    return None if micros is None else round(micros / 1000, 1)
