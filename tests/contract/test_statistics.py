"""Sums and series, the same whether they were added up already or still wait."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from storage.inquiries import Statistics
from storage.ports import Store
from storage.records import Planned, Record
from tests.storage.samples import OWNER, SECOND, closed, opened, uid

DAY = 86_400 * SECOND
OTHER = b"other".ljust(16, b".")


async def added_up(store: Store, *asked: object) -> Statistics:
    """The statistics, the same before and after they were added up."""
    before = await store.statistics(*asked)  # type: ignore[arg-type]
    while await store.index(1):
        pass
    assert await store.statistics(*asked) == before  # type: ignore[arg-type]
    return before


def request(number: int, day: int = 0, **fields: Any) -> list[Record]:
    at = day * DAY + number * SECOND
    of_reply = set(closed(1).__struct_fields__) - {"model"}
    ended: dict[str, Any] = {key: fields.pop(key) for key in of_reply & set(fields)}
    times = {"at": at + SECOND // 2, "first_byte_at": at + SECOND // 10}
    return [opened(number, at=at, **fields), closed(number, **(times | ended))]


async def test_an_empty_store_has_no_series(store: Store) -> None:
    found = await added_up(store)
    assert (found.totals.requests, found.totals.latency_p50, found.days, found.models) == (0, None, (), ())


async def test_requests_tokens_costs_and_times_are_added_up(store: Store) -> None:
    await store.write([*request(1), *request(2, ending="upstream_error", status=500, cost=None)])
    totals = (await added_up(store)).totals
    assert (totals.requests, totals.errors, totals.prompt_tokens, totals.completion_tokens) == (2, 1, 20, 10)
    assert (totals.cached_tokens, totals.cost, totals.unpriced) == (4, 1000, 1)
    assert totals.latency_p50 == pytest.approx(SECOND // 2, rel=0.05)
    assert totals.first_byte_p95 == pytest.approx(SECOND // 10, rel=0.05)


async def test_series_split_the_sums(store: Store) -> None:
    agents = {1: "OpenAI/Python 3.3.0", 2: "codex_cli_rs/0.169 (Linux)"}
    await store.write([*request(1, user_agent=agents[1]), *request(2, day=1, user_agent=agents[1])])
    await store.write(request(3, day=1, model="o1", provider="azure", owner=OTHER, user_agent=agents[2]))
    found = await added_up(store)
    assert [(each.name, each.requests) for each in found.days] == [("1970-01-01", 1), ("1970-01-02", 2)]
    assert [(each.name, each.requests) for each in found.models] == [("gpt-4o", 2), ("o1", 1)]
    assert [(each.name, each.requests) for each in found.providers] == [("default", 2), ("azure", 1)]
    assert [(each.name, each.requests) for each in found.owners] == [(OWNER.hex(), 2), (OTHER.hex(), 1)]
    assert [(each.name, each.requests) for each in found.apps] == [("OpenAI/Python", 2), ("codex_cli_rs", 1)]


async def test_an_owner_and_a_span_of_days_narrow_them(store: Store) -> None:
    await store.write([*request(1), *request(2, day=1), *request(3, day=2), *request(4, day=1, owner=OTHER)])
    assert (await added_up(store, OWNER)).totals.requests == 3
    assert (await added_up(store, None, DAY, DAY)).totals.requests == 2
    assert (await added_up(store, OTHER, 2 * DAY)).totals.requests == 0
    assert (await added_up(store, None, 0, DAY)).totals.requests == 3


async def test_percentiles_tell_the_middle_from_the_end(store: Store) -> None:
    for number in range(1, 21):
        long = 100 * SECOND if number == 20 else SECOND
        await store.write([opened(number), closed(number, at=number * SECOND + long)])
    totals = (await added_up(store)).totals
    assert totals.latency_p50 == pytest.approx(SECOND, rel=0.05)
    assert totals.latency_p95 == pytest.approx(SECOND, rel=0.05)
    assert totals.first_byte_p50 is None
    await store.write([opened(21), closed(21, at=121 * SECOND)])
    assert (await added_up(store)).totals.latency_p95 == pytest.approx(100 * SECOND, rel=0.05)


@pytest.mark.parametrize("between", [0, 10])
async def test_an_answer_that_comes_late_adds_its_tokens_to_a_request_that_was_counted(
    store: Store, between: int
) -> None:
    unknown: dict[str, Any] = {"prompt_tokens": None, "completion_tokens": None, "cached_tokens": None, "cost": None}
    await store.write([opened(1), closed(1, **unknown)])
    await store.index(between)
    late = closed(1)
    await store.write([opened(2), msgspec.structs.replace(closed(2, **unknown), late=late)])
    totals = (await added_up(store)).totals
    assert (totals.requests, totals.prompt_tokens, totals.cost, totals.unpriced) == (2, 10, 1000, 0)


async def test_what_was_compacted_is_told_by_owner_and_by_day(store: Store) -> None:
    planned = Planned(900, 400, b"plan")
    await store.write(
        [opened(1), msgspec.structs.replace(closed(1), planned=planned), opened(2, match="summary"), closed(2)]
    )
    await store.write(
        [opened(3, owner=OTHER), msgspec.structs.replace(closed(3), planned=planned), opened(4), closed(4)]
    )
    assert [(row.exchange, row.summary) for row in await store.compacted()] == [
        (uid(1), False),
        (uid(2), True),
        (uid(3), False),
    ]
    assert [row.exchange for row in await store.compacted(owner=OTHER)] == [uid(3)]
    assert [row.exchange for row in await store.compacted(uid(1))] == [uid(1)]
    assert len(await store.compacted(since=1, until=1)) == 3
    assert await store.compacted(since=100_000_000_000) == []
