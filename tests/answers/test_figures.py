"""Sums and series as programs read them."""

from __future__ import annotations

from proxy.answers.figures import Times, statistics, times
from proxy.savings import Savings
from storage.inquiries import Figures, Statistics


def test_figures_are_in_dollars_and_milliseconds_and_what_is_unknown_is_null() -> None:
    row = Figures("x", 2, prompt_tokens=3, completion_tokens=4, cost=5_000_000_000, latency_p50=1500)
    told = statistics(Statistics(row), Savings(tokens_saved=5)).totals
    assert told.savings.tokens_saved == 5
    assert (told.total_tokens, told.estimated_cost, told.latency_ms) == (7, 5.0, Times(p50=1.5, p95=None))
    assert statistics(Statistics(Figures("x", 2, unpriced=1)), Savings()).totals.estimated_cost is None
    assert times(None, 2_000) == Times(p50=None, p95=2.0)


def test_each_series_names_its_rows_by_what_they_are() -> None:
    row = Statistics(Figures(""), apps=(Figures("", 1),), days=(Figures("1970-01-01", 2),))
    series = statistics(row, Savings()).series
    assert (series.app[0].app, series.app[0].requests) == (None, 1)
    assert (series.day[0].day, series.day[0].requests) == ("1970-01-01", 2)
    assert not any((series.model, series.provider, series.owner))
