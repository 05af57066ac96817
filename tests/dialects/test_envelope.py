"""What stands around the content of OpenAI's endpoints."""

from __future__ import annotations

import pytest

from proxy.dialects.envelope import (
    count_of,
    find_error,
    find_failure,
    is_usage_alone,
    member,
    present,
    read_ids,
    read_timings,
    read_usage,
)
from proxy.messages import ReplyError, Usage


def test_a_field_that_is_null_is_absent() -> None:
    assert [present(raw) for raw in (None, b"", b"null", b"7")] == [None, None, None, b"7"]
    assert member({"a": b"null"}, "a", "b") is None
    assert member({"a": b'{"b":1}'}, "a", "b") == 1


def test_a_conversation_is_named_by_its_id() -> None:
    assert read_ids({"conversation": b'{"id":"c"}', "session_id": b"7"}) == {"conversation": "c"}


@pytest.mark.parametrize(("value", "count"), [(12.0, 12), (True, None), (-1, None), ("1", None), (2**63, None)])
def test_a_count_is_a_number_that_can_be_one(value: object, count: int | None) -> None:
    assert count_of(value) == count


@pytest.mark.parametrize("data", [b"{", b'{"choices":[],"usage":{"a":1},"error":"x"}', b'{"usage":{"a":1}}'])
def test_a_chunk_with_more_than_usage_or_less_is_not_usage_alone(data: bytes) -> None:
    assert not is_usage_alone(data)


def test_an_error_may_stand_in_a_list_or_be_the_object_itself() -> None:
    assert find_error([{"error": {"message": "no", "status": "INVALID"}}]) == ReplyError("no", "INVALID")
    assert find_error({"object": "error", "message": "no", "code": 40}) == ReplyError("no", "", "40")
    assert find_error([]) is None


@pytest.mark.parametrize(
    ("cost", "read"),
    [(0.00014, 140_000), (0, 0), (2, 2_000_000_000), (True, None), ("1", None), (-1, None), (1e300, None)],
)
def test_a_cost_is_dollars_that_are_told_as_a_number(cost: object, read: int | None) -> None:
    usage = read_usage({"prompt_tokens": 1, "cost": cost})
    assert usage is not None
    assert usage.cost == read


@pytest.mark.parametrize(
    ("told", "cost"),
    [
        ({"cost_in_usd_ticks": 37_756_000}, 3_775_600),
        ({"cost": {"total_cost": 0.5, "input_tokens_cost": 0.1}}, 500_000_000),
        ({"estimated_cost": 0.25}, 250_000_000),
        ({"cost": {}}, None),
        ({"cost_in_usd_ticks": "1"}, None),
        ({"cost_in_usd_ticks": 10**400}, None),
    ],
)
def test_a_cost_is_told_in_several_ways(told: dict[str, object], cost: int | None) -> None:
    usage = read_usage({"prompt_tokens": 1, **told})
    assert usage is not None
    assert usage.cost == cost


def test_timings_tell_tokens_only_where_they_tell_all() -> None:
    assert read_timings({"prompt_n": 3, "predicted_n": 2}) == Usage(prompt=3, completion=2)
    assert read_timings({"prompt_n": 3}) is read_timings({"predicted_n": 3}) is read_timings(None) is None


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"errors": [{"message": "no", "code": 5007}], "success": False}, ReplyError("no", "", "5007")),
        ({"message": "no", "type": "worker"}, ReplyError("no", "worker")),
        ({"detail": "no"}, ReplyError("no")),
        ({"detail": [{"msg": "no"}]}, ReplyError('{"detail":[{"msg":"no"}]}')),
        ({"choices": [], "message": "an answer of a kind"}, None),
        ({"object": "chat.completion.chunk", "message": "not yet"}, None),
        ({"base_resp": {"status_code": 0, "status_msg": "success"}}, None),
        ({"message": ""}, None),
        ([], None),
    ],
)
def test_an_error_may_have_a_name_of_its_own(body: object, error: ReplyError | None) -> None:
    assert find_failure(body) == error
