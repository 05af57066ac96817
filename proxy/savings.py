"""What compaction saved or lost, as far as it can be known: tokens for certain, money between two bounds. Pure.

What a request would have cost with all that was sent depends on what the provider's cache would have held of it: no
more than it did, or all of the prompt before. The truth lies between the two; a loss is told as one. What models took
for writing summaries is money lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from msgspec.structs import replace

from proxy.routing import DEFAULT
from storage.records import CompactedRow

Price = Callable[[str, str, int, int, int], int | None]
"""Nano-dollars of so many tokens at a model and a provider: prompt, completion, cached."""


class Savings(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the exchanges of which less was forwarded. Money in nano-dollars, negative where it was lost."""

    exchanges: int = 0
    tokens_saved: int = 0
    cached_tokens: int = 0
    least: int = 0
    most: int = 0
    unpriced: int = 0
    summaries: int = 0
    """Those that a model was asked to write, and what they cost, which the bounds are less by."""
    spent: int = 0


def unknown(model: str, provider: str, prompt: int, completion: int, cached: int) -> int | None:
    """No price is known."""
    del model, provider, prompt, completion, cached
    return None


def priced(cost: Price, market: str) -> Price:
    """A price list by the names of providers: the one that stands where no other is meant is known as ``market``."""

    def price(model: str, provider: str, prompt: int, completion: int, cached: int) -> int | None:
        return cost(model, market if provider == DEFAULT else provider, prompt, completion, cached)

    return price


def savings(rows: Iterable[CompactedRow], price: Price) -> Savings:
    """Add them up."""
    total = Savings()
    for row in rows:
        total = _with_summary(total, row) if row.summary else _with(total, row, price)
    return total


def _with(total: Savings, row: CompactedRow, price: Price) -> Savings:
    saved = row.sent_tokens - row.forwarded_tokens
    whole = row.prompt_tokens + saved
    asked = (row.model, row.provider, whole, row.completion_tokens)
    uncached = price(*asked, row.cached_tokens)
    cached = price(*asked, max(row.cached_tokens, min(row.before, whole)))
    known = row.cost is not None and uncached is not None and cached is not None
    bounds = sorted(((cached or 0) - (row.cost or 0), (uncached or 0) - (row.cost or 0))) if known else [0, 0]
    return replace(
        total,
        exchanges=total.exchanges + 1,
        tokens_saved=total.tokens_saved + saved,
        cached_tokens=total.cached_tokens + row.cached_tokens,
        least=total.least + bounds[0],
        most=total.most + bounds[1],
        unpriced=total.unpriced + (not known),
    )


def _with_summary(total: Savings, row: CompactedRow) -> Savings:
    cost = row.cost or 0
    return replace(
        total,
        least=total.least - cost,
        most=total.most - cost,
        unpriced=total.unpriced + (row.cost is None and row.completion_tokens > 0),
        summaries=total.summaries + 1,
        spent=total.spent + cost,
    )
