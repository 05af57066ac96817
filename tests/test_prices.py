"""Costs: own prices first, then the list's, exact to a nano-dollar and unknown where unknown."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from genai_prices import Usage, types
from genai_prices.data import providers

from proxy.prices import ModelPrice, PriceBook

DAY = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def book(**own: ModelPrice) -> PriceBook:
    return PriceBook(own, clock=lambda: DAY)


def test_a_listed_model_costs_what_the_list_says() -> None:
    # gpt-4o: 2.50 in, 1.25 cached, 10.00 out, a million tokens
    assert book().cost("gpt-4o", "openai", 1000, 100, 0) == 3_500_000
    assert book().cost("gpt-4o", "openai", 1000, 100, 400) == 3_000_000


def test_an_unknown_model_has_an_unknown_cost() -> None:
    assert book().cost("my-own-llama", None, 1000, 100, 0) is None
    assert book().cost("my-own-llama", "openai", 1000, 100, 0) is None


def test_no_tokens_of_a_known_model_cost_nothing() -> None:
    prices = PriceBook({})
    prices.load()
    assert prices.cost("gpt-4o", None, 0, 0, 0) == 0


def test_a_listed_model_without_a_token_price_has_an_unknown_cost() -> None:
    assert book().cost("whisper-1", "openai", 1000, 0, 0) is None


def test_a_provider_with_a_name_of_its_own_leaves_the_model_to_decide() -> None:
    assert book().cost("gpt-4o", "the-office-gateway", 1000, 100, 0) == 3_500_000
    assert book().cost("openai/gpt-4o", "the-office-gateway", 1000, 100, 0) == 3_500_000


def test_a_base_url_names_the_provider() -> None:
    assert book().cost("text-embedding-3-small", "https://api.openai.com/v1", 1_000_000, 0, 0) == 20_000_000
    assert book().cost("gpt-4o", "http://127.0.0.1:4000/v1", 1000, 100, 0) == 3_500_000


def test_own_prices_win() -> None:
    prices = PriceBook({"gpt-4o": ModelPrice(input=1.0, output=2.0, cached_input=0.1)})
    assert prices.cost("gpt-4o", "openai", 1000, 100, 500) == 500_000 + 50_000 + 200_000


def test_own_cached_input_costs_what_input_costs_if_nothing_is_said() -> None:
    assert book(mine=ModelPrice(input=0.3, output=0)).cost("mine", None, 1000, 50, 900) == 300_000


def test_an_own_price_of_nothing_is_a_cost_of_nothing() -> None:
    assert book(mine=ModelPrice(input=0, output=Decimal(0))).cost("mine", None, 1000, 50, 0) == 0


def test_decimal_fractions_are_exact() -> None:
    assert book(mine=ModelPrice(input=0.1, output=0.2)).cost("mine", None, 3, 3, 0) == 900
    assert book(mine=ModelPrice(input=Decimal("0.0005"), output=0)).cost("mine", None, 1, 0, 0) == 1


@pytest.mark.parametrize(("prompt", "completion", "cached"), [(10, 0, 99), (10, 0, 10)])
def test_more_cached_than_sent_counts_as_all_of_it(prompt: int, completion: int, cached: int) -> None:
    assert book().cost("gpt-4o", None, prompt, completion, cached) == 12_500


def test_counts_below_nothing_count_as_nothing() -> None:
    assert book().cost("gpt-4o", None, -5, -5, -5) == 0


def test_a_price_for_a_part_of_the_day_follows_the_clock() -> None:
    hours = iter((2, 2, 20, 20))
    prices = PriceBook({}, clock=lambda: DAY.replace(hour=next(hours)))
    day, later, evening, night = (prices.cost("deepseek-chat", "deepseek", 10**6, 0, 0) for _ in range(4))
    assert day == later
    assert evening == night
    assert day != evening


def test_names_from_clients_do_not_pile_up() -> None:
    prices = book()
    for number in range(3000):
        prices.cost(f"gpt-nothing-{number}", None, 1, 1, 0)
    assert len(prices._tables) <= 1024
    assert len(prices._list()._provider_cache) <= 1024


def listed(info: types.ModelInfo, provider: types.Provider, usage: Usage) -> int:
    """The library's own sum for that usage."""
    total = info.calc_price(usage, provider, genai_request_timestamp=DAY).total_price
    return int((total * 10**9).to_integral_value(ROUND_HALF_UP))


@pytest.mark.parametrize("provider", providers, ids=lambda provider: provider.id)
def test_every_listed_price_agrees_with_the_library(provider: types.Provider) -> None:
    prices = book()
    for info in provider.models:
        found = provider.find_model(info.id, all_providers=providers)
        if found is not info or info.get_prices(DAY).input_mtok is None:
            continue
        for prompt, cached in ((1, 0), (200_000, 77), (200_001, 150_000), (272_001, 0), (3_000_000, 0)):
            usage = Usage(input_tokens=prompt, cache_read_tokens=cached, output_tokens=321)
            assert prices.cost(info.id, provider.id, prompt, 321, cached) == listed(info, provider, usage), info.id
        written = Usage(input_tokens=5000, cache_read_tokens=1000, cache_write_tokens=2000, output_tokens=321)
        assert prices.cost(info.id, provider.id, 5000, 321, 1000, (2000, 0)) == listed(info, provider, written), info.id


def test_what_goes_into_the_cache_has_a_price_of_its_own() -> None:
    sonnet = "claude-sonnet-4-5"
    assert book().cost(sonnet, "anthropic", 1000, 0, 0) == 3_000_000
    assert book().cost(sonnet, "anthropic", 1000, 0, 0, (1000, 0)) == 3_750_000
    assert book().cost(sonnet, "anthropic", 1000, 0, 0, (1000, 400)) == 600 * 3_750 + 400 * 6_000
    assert book().cost(sonnet, "anthropic", 1000, 0, 600, (9000, 9000)) == 600 * 300 + 400 * 6_000


def test_where_the_list_has_no_such_price_it_costs_what_input_costs() -> None:
    assert book().cost("gpt-4o", "openai", 1000, 0, 0, (1000, 500)) == 2_500_000
    assert book(mine=ModelPrice(input=1, output=0)).cost("mine", None, 1000, 0, 0, (1000, 500)) == 1_000_000


def test_own_prices_need_no_list() -> None:
    script = """
import sys
from proxy.prices import ModelPrice, PriceBook
book = PriceBook({"mine": ModelPrice(1, 1)})
assert book.cost("mine", None, 1, 1, 0) == 2000
assert "genai_prices" not in sys.modules
book.load()
assert "genai_prices" in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_geminis_own_way_of_naming_a_model_has_its_price() -> None:
    costs = [book().cost(name, "gemini", 1000, 1000, 0) for name in ("models/gemini-2.5-flash", "gemini-2.5-flash")]
    assert costs[0] == costs[1]
    assert costs[0] is not None


def test_a_name_that_no_model_has_is_not_looked_for() -> None:
    prices = PriceBook({})
    for name in ("gpt-4o" * 100, "gpt-4o" + "-" * 300):
        assert prices.cost(name, "openai", 10, 10, 0) is None
        assert prices.window(name, "openai") == 0
