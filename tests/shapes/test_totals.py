from proxy.savings import Savings
from proxy.shapes.totals import totals
from tests.cli.rows import model_totals
from tests.cli.rows import totals as totals_row


def test_totals_add_up_their_models() -> None:
    shape = totals(totals_row(models=(model_totals(), model_totals(model="b", cost=500_000))), Savings())
    assert shape.estimated_cost == 0.003
    assert shape.prompt_tokens == 2400
    assert shape.unpriced_exchanges == 2
    assert [model.model for model in shape.models] == ["gpt-4o", "b"]
    assert shape.created_at == "2026-06-22T12:00:00.000000Z"
    assert totals(totals_row(first_at=0, models=()), Savings()).created_at is None


def test_a_model_without_a_price_costs_nobody_knows_what() -> None:
    assert totals(totals_row(models=(model_totals(cost=0, unpriced=1),)), Savings()).estimated_cost is None
