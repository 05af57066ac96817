"""What compaction saved or lost, as far as it can be known: tokens for certain, money between two bounds. Pure.

What a request would have cost with all that was sent depends on what the provider's cache would have held of it: no
more than it did, or all of the prompt before. The truth lies between the two; a loss is told as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

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


def savings(rows: Iterable[CompactedRow], price: Price) -> Savings:
    """Add them up."""
    total = Savings()
    for row in rows:
        saved = row.sent_tokens - row.forwarded_tokens
        whole = row.prompt_tokens + saved
        asked = (row.model, row.provider, whole, row.completion_tokens)
        uncached = price(*asked, row.cached_tokens)
        cached = price(*asked, max(row.cached_tokens, min(row.before, whole)))
        known = row.cost is not None and uncached is not None and cached is not None
        bounds = sorted(((cached or 0) - (row.cost or 0), (uncached or 0) - (row.cost or 0))) if known else [0, 0]
        total = Savings(
            exchanges=total.exchanges + 1,
            tokens_saved=total.tokens_saved + saved,
            cached_tokens=total.cached_tokens + row.cached_tokens,
            least=total.least + bounds[0],
            most=total.most + bounds[1],
            unpriced=total.unpriced + (not known),
        )
    return total
