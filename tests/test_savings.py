"""What compaction saved."""

from __future__ import annotations

from proxy.savings import Savings, priced, savings, unknown
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


def test_what_a_model_took_for_summaries_is_lost() -> None:
    wrote = CompactedRow(b"y", "m", "p", 0, 0, 900, 90, 0, 400, 0, summary=True)
    saved = savings([row(cost=3_000), wrote], price)
    assert (saved.exchanges, saved.tokens_saved, saved.cached_tokens) == (1, 1_500, 100)
    assert (saved.least, saved.most, saved.summaries, saved.spent) == (500, 15_800, 1, 400)


def test_a_summary_that_failed_cost_nothing_and_one_without_a_price_is_counted() -> None:
    failed = CompactedRow(b"y", "m", "p", 0, 0, 0, 0, 0, None, 0, summary=True)
    unknown_price = CompactedRow(b"z", "m", "p", 0, 0, 900, 90, 0, None, 0, summary=True)
    assert savings([failed, unknown_price], unknown).unpriced == 1
    assert savings([row()], unknown).unpriced == 1


def test_the_provider_that_stands_where_no_other_is_meant_is_priced_by_its_place() -> None:
    asked: list[str] = []

    def cost(model: str, provider: str, prompt: int, completion: int, cached: int) -> int | None:
        asked.append(provider)
        return prompt + completion + cached + len(model)

    known = priced(cost, "https://api.example/v1")
    assert known("m", "default", 1, 2, 3) == known("m", "own", 1, 2, 3) == 7
    assert asked == ["https://api.example/v1", "own"]
