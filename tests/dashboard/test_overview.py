"""The pages about the store as a whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from proxy.dashboard.overview import day_of, every_day, series
from storage.inquiries import Figures, Statistics
from storage.ports import Store
from storage.records import NewSession
from tests.cli.rows import NOON
from tests.dashboard.visitors import VITALS, desk_over, stored, visitor
from tests.storage.samples import closed, link, opened


def figures(name: str) -> Figures:
    """A row of a series."""
    return Figures(name, requests=2, errors=1, prompt_tokens=30, cost=1_500_000_000, latency_p50=2_000)


class Adding:
    """A store that has seen two days."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def statistics(self, _owner: bytes | None = None, since: int = 0) -> Statistics:
        days = (figures("2026-06-21"), figures("2026-06-22"))[: 1 if since else 2]
        evil = (figures("</script><script>1</script>"),)
        return Statistics(figures(""), days, evil, evil, (), evil)


async def test_totals_are_told_by_model(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        page = await client.get("/totals?span=all")
    assert page.status_code == 200
    assert "gpt-4o" in page.text


async def test_days_become_charts_whose_figures_stand_in_a_table_too(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(cast("Store", Adding(store)))) as client:
        page = (await client.get("/totals?span=all")).text
        short = (await client.get("/totals?span=nonsense")).text
    data = page.split('id="series">')[1].split("</script>")[0]
    assert json.loads(data)["day"] == ["2026-06-21", "2026-06-22"]
    assert "By day" in page
    assert "<script>1" not in page
    assert 'id="series"' not in short


def test_times_are_charted_in_milliseconds_and_money_in_dollars() -> None:
    columns = series([figures("2026-06-22")])
    assert (columns["p50"], columns["p95"], columns["cost"]) == ([2.0], [None], [1.5])


def test_days_on_which_nothing_was_asked_are_charted_too() -> None:
    days = [figures("2026-02-27"), figures("2026-03-02")]
    assert [day.name for day in every_day(days)] == ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
    assert [day.requests for day in every_day(days)] == [2, 0, 0, 2]
    assert every_day(days[:1]) == days[:1]


def test_a_time_lies_on_its_day() -> None:
    assert (day_of(NOON), day_of(0)) == ("2026-06-22", "")


async def test_what_stands_out_is_linked_to_its_place(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        page = (await client.get("/reflection")).text
    assert "rate_limit" in page
    assert "Slow down." in page
    assert "/sessions/019a7c3e" in page


async def test_a_question_that_was_asked_again_is_told_once(tmp_path: Path) -> None:
    question = "How heavy is a grown whale?"
    async with stored(tmp_path) as store:
        for number in (31, 32):
            await store.write([opened(number, (link("user", question),), new=NewSession()), closed(number)])
        async with visitor(desk_over(store)) as client:
            page = (await client.get("/reflection")).text
    asked_again = page[page.index("Asked again") :].partition("</section>")[0]
    assert asked_again.count(question) == 1


async def test_health_tells_of_the_store_the_queue_and_the_providers(tmp_path: Path) -> None:
    troubled = {**VITALS, "stalled": True, "spooled_bytes": 5, "lost_exchanges": 2}
    async with stored(tmp_path) as store:
        async with visitor(desk_over(store)) as client:
            well = (await client.get("/health")).text
        async with visitor(desk_over(store, vitals=troubled)) as client:
            ill = (await client.get("/health")).text
    assert "open: it is left alone for now" in well
    assert "at work" in well
    assert "stalled" in ill
    assert "5 B wait" in ill
