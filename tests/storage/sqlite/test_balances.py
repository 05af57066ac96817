"""What was saved and lost, in tokens, by day."""

from __future__ import annotations

import sqlite3
from typing import Any

from storage.browsing import Balance
from storage.records import NewSession, Planned, Record
from storage.sqlite.balances import balances
from storage.sqlite.indexing import index
from storage.sqlite.writing import Writer
from tests.cli.recordings import OWNER, closed, link, opened

DAY = "2026-06-22"


def talk(*told: dict[str, Any]) -> list[Record]:
    """A conversation: what each of its exchanges used."""
    records: list[Record] = []
    parent, new = b"", NewSession()
    for number, used in enumerate(told, 1):
        asks = link("user", f"Question {number}", parent)
        answers = link("assistant", f"Answer {number}", asks.digest)
        records += [opened(number, 1, [asks], new=None if parent else new), closed(number, [answers], **used)]
        parent = answers.digest
    return records


def used(prompt: int, cached: int, planned: Planned | None = None) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "cached_tokens": cached, "planned": planned}


def balance(**sums: int) -> Balance:
    nothing = {"compacted": 0, "saved": 0, "cacheable": 0, "misses": 0, "lost": 0}
    return Balance(DAY, "default", "gpt-4o", **(nothing | sums))


def weighed(connection: sqlite3.Connection, *told: dict[str, Any]) -> list[Balance]:
    """The same, whether it waits or was taken in."""
    Writer(connection).commit(talk(*told))
    before = balances(connection, OWNER, DAY)
    index(connection, 100)
    after = balances(connection, None, DAY)
    assert before == after
    assert balances(connection, b"other", "") == balances(connection, None, "2026-06-23") == []
    return list(after)


def test_a_cache_that_served_what_the_request_before_had_sent_lost_nothing(connection: sqlite3.Connection) -> None:
    assert weighed(connection, used(2000, 0), used(2100, 1920)) == []


def test_what_a_cache_could_have_served_is_lost(connection: sqlite3.Connection) -> None:
    assert weighed(connection, used(2000, 0), used(2100, 0), used(2200, 1024)) == [balance(misses=2, lost=1920 + 1024)]


def test_short_prompts_and_failed_requests_lose_nothing(connection: sqlite3.Connection) -> None:
    assert weighed(connection, used(900, 0), used(1000, 0), used(1100, 0), {**used(3000, 0), "status": 500}) == []


def test_what_was_not_forwarded_is_saved_and_might_have_been_cached(connection: sqlite3.Connection) -> None:
    first, second = Planned(3000, 1000, b"plan"), Planned(3100, 1100, b"plan")
    found = weighed(connection, used(1000, 0, first), used(1100, 896, second))
    assert found == [balance(compacted=2, saved=4000, cacheable=3000 - 896)]
