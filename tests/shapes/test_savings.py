"""What compaction saved, as programs read it."""

from __future__ import annotations

from proxy.savings import Savings
from proxy.shapes.savings import savings


def test_tokens_and_money_are_told() -> None:
    shape = savings(
        Savings(exchanges=3, tokens_saved=900, cached_tokens=50, least=-1_000_000, most=2_000_000, unpriced=1)
    )
    assert (shape.compacted_exchanges, shape.tokens_saved, shape.cached_tokens) == (3, 900, 50)
    assert (shape.saved_at_least, shape.saved_at_most, shape.unpriced_exchanges) == (-0.001, 0.002, 1)


def test_money_that_nobody_knows_is_null() -> None:
    shape = savings(Savings(exchanges=2, tokens_saved=900, unpriced=2))
    assert (shape.saved_at_least, shape.saved_at_most) == (None, None)
    assert savings(Savings()).saved_at_least == 0.0


def test_what_models_took_for_summaries_is_told() -> None:
    shape = savings(Savings(exchanges=1, unpriced=1, summaries=2, spent=3_000_000))
    assert (shape.model_summaries, shape.summaries_cost, shape.saved_at_least) == (2, 0.003, 0.0)
