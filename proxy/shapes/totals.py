"""Sums over a whole store, as programs read them."""

from __future__ import annotations

import msgspec

from proxy.savings import Savings as Sums
from proxy.shapes.savings import Savings, savings
from proxy.shapes.spelling import dollars, rfc3339
from storage.records import ModelTotals as ModelRow
from storage.records import Totals as TotalsRow


class ModelTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What one model was asked and cost."""

    model: str
    provider: str
    total_exchanges: int
    errors: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    total_tokens: int
    estimated_cost: float | None
    unpriced_exchanges: int


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The whole store, and by model."""

    sessions: int
    total_exchanges: int
    total_messages: int
    tool_calls: int
    errors: int
    open_exchanges: int
    lost_exchanges: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    total_tokens: int
    estimated_cost: float | None
    unpriced_exchanges: int
    created_at: str | None
    last_update: str | None
    models: list[ModelTotals]
    savings: Savings


def totals(row: TotalsRow, saved: Sums) -> Totals:
    """Sums over the whole store."""
    models = row.models
    prompt = sum(model.prompt_tokens for model in models)
    completion = sum(model.completion_tokens for model in models)
    unpriced = sum(model.unpriced for model in models)
    return Totals(
        sessions=row.sessions,
        total_exchanges=row.exchanges,
        total_messages=row.messages,
        tool_calls=row.tool_calls,
        errors=row.errors,
        open_exchanges=row.open,
        lost_exchanges=row.lost,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=sum(model.cached_tokens for model in models),
        total_tokens=prompt + completion,
        estimated_cost=_known(sum(model.cost for model in models), unpriced),
        unpriced_exchanges=unpriced,
        created_at=rfc3339(row.first_at),
        last_update=rfc3339(row.last_at),
        models=[model_totals(model) for model in models],
        savings=savings(saved),
    )


def model_totals(row: ModelRow) -> ModelTotals:
    """What one model was asked and cost."""
    return ModelTotals(
        model=row.model,
        provider=row.provider,
        total_exchanges=row.exchanges,
        errors=row.errors,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        cached_tokens=row.cached_tokens,
        total_tokens=row.prompt_tokens + row.completion_tokens,
        estimated_cost=_known(row.cost, row.unpriced),
        unpriced_exchanges=row.unpriced,
    )


def _known(cost: int, unpriced: int) -> float | None:
    return dollars(None if unpriced and not cost else cost)
