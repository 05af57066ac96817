"""What compaction saved or lost, as programs read it."""

from __future__ import annotations

import msgspec

from proxy.savings import Savings as Sums
from proxy.shapes.spelling import dollars


class Savings(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens for certain, dollars between two bounds, negative where they were lost; null where no price is known."""

    compacted_exchanges: int
    tokens_saved: int
    cached_tokens: int
    saved_at_least: float | None
    saved_at_most: float | None
    unpriced_exchanges: int
    model_summaries: int
    summaries_cost: float | None


def savings(sums: Sums) -> Savings:
    """What compaction saved or lost."""
    known = sums.unpriced < sums.exchanges + sums.summaries or not sums.unpriced
    return Savings(
        compacted_exchanges=sums.exchanges,
        tokens_saved=sums.tokens_saved,
        cached_tokens=sums.cached_tokens,
        saved_at_least=dollars(sums.least) if known else None,
        saved_at_most=dollars(sums.most) if known else None,
        unpriced_exchanges=sums.unpriced,
        model_summaries=sums.summaries,
        summaries_cost=dollars(sums.spent),
    )
