"""What compaction saved."""

from __future__ import annotations

from proxy.savings import Savings, savings
from storage.records import CompactedRow


def price(model: str, provider: str, prompt: int, completion: int, cached: int) -> int | None:
    """A tenth for what is cached."""
    del provider
    return 10 * (prompt - cached) + cached + completion if model else None


def row(cost: int | None = 4_100, cached: int = 100, model: str = "m") -> CompactedRow:
    return CompactedRow(b"x", model, "p", 2_000, 500, 500, 100, cached, cost, 1_800)


def test_money_lies_between_a_cache_that_holds_all_and_one_that_holds_no_more_than_it_did() -> None:
    # All of 2,000 tokens: 1,800 of them cached at 1, or 100 of them.
    assert savings([row(cost=3_000)], price) == Savings(
        exchanges=1, tokens_saved=1_500, cached_tokens=100, least=3_900 - 3_000, most=19_200 - 3_000
    )


def test_a_loss_is_told_as_one() -> None:
    assert savings([row(cost=5_000)], price).least == -1_100


def test_what_has_no_price_is_counted() -> None:
    assert savings([row(model=""), row(cost=None)], price).unpriced == 2
