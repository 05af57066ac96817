"""What tokens that were saved and lost are worth."""

from __future__ import annotations

from proxy.dashboard.sheet import Sheet, by_day, sheet
from storage.browsing import Balance

ONE = Balance("2026-06-21", "default", "m", compacted=2, saved=4000, cacheable=1000, misses=1, lost=2000)
TWO = Balance("2026-06-22", "default", "m", compacted=1, saved=1000, cacheable=3000, misses=0, lost=0)


def price(model: str, _provider: str, prompt: int, _completion: int, cached: int) -> int | None:
    return (prompt - cached) * 10 + cached if model == "m" else None


def test_what_was_saved_lies_between_two_bounds() -> None:
    assert sheet([ONE], price) == Sheet(2, 4000, 31_000, 40_000, 1, 2000, 18_000)


def test_days_add_up_even_where_a_cache_would_have_cost_less() -> None:
    total = sheet([ONE, TWO], price)
    assert (total.saved, total.least, total.most) == (5000, 14_000, 50_000)
    assert sheet([TWO], price).least == -17_000


def test_tokens_without_a_price_are_told() -> None:
    odd = Balance("2026-06-22", "default", "odd", 1, 500, 100, 1, 1500)
    assert sheet([odd], price) == Sheet(compacted=1, saved=500, misses=1, lost=1500, unpriced=2000)


def test_each_day_has_its_tokens() -> None:
    days = ["2026-06-20", "2026-06-21", "2026-06-22"]
    assert by_day([ONE, TWO, ONE], days) == {"saved": [0, 8000, 1000], "lost": [0, 4000, 0]}
