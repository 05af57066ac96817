from proxy.shapes.exchanges import exchange
from proxy.shapes.spelling import rfc3339
from storage.records import Attempt
from tests.cli.rows import NOON, exchange_row
from tests.shapes.plain import plain


def test_an_error_is_told_with_its_body() -> None:
    failed = exchange_row(status=429, ending="upstream_error", error_code="rate_limit", error_body=b"slow \xff")
    assert plain(exchange(failed))["error"] == {"message": "", "type": None, "code": "rate_limit", "body": "slow �"}
    assert exchange(exchange_row()).error is None


def test_what_is_unknown_is_null() -> None:
    shape = exchange(exchange_row(cost=None, ended_at=0))
    assert (shape.estimated_cost, shape.ended_at, shape.confidence, shape.sent_model) == (None, None, None, None)


def test_an_exchange_tells_its_attempts_and_the_models_name_upstream() -> None:
    tried = (Attempt(1, "a", NOON, NOON, error="upstream_closed"), Attempt(2, "b", NOON, NOON, 200))
    shape = plain(exchange(exchange_row(sent_model="there", confidence=250_000), tried))
    times = {"started_at": rfc3339(NOON), "ended_at": rfc3339(NOON)}
    assert (shape["sent_model"], shape["confidence"]) == ("there", 0.25)
    assert shape["attempts"] == [
        {"number": 1, "provider": "a", **times, "status": None, "error": "upstream_closed"},
        {"number": 2, "provider": "b", **times, "status": 200, "error": None},
    ]
