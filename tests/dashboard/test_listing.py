"""The address of a list of sessions, read and written."""

import pytest

from proxy.dashboard.listing import Found, Sought, further, sought
from proxy.excerpts import excerpt
from tests.cli.rows import hit


def test_an_address_is_read_as_the_store_understands_it() -> None:
    wanted = sought(
        {"model": " gpt ", "errors": "1", "since": "2026-01-02", "until": "2026-01-02", "before": "5-6"}
    ).wanted()
    assert (wanted.model, wanted.errors, wanted.before) == ("gpt", True, (5, 6))
    assert wanted.until - wanted.since == 86_400_000_000 - 1


@pytest.mark.parametrize("day", ["", "yesterday", "2026-13-01", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_narrows_nothing(day: str) -> None:
    wanted = sought({"since": day, "until": day}).wanted()
    assert wanted.since >= 0
    assert wanted.until >= 0


@pytest.mark.parametrize("before", ["", "x", "1", "1-", "-1", "1-x", "9" * 20 + "-1", "²-1"])
def test_a_place_that_is_none_is_the_beginning(before: str) -> None:
    assert sought({"before": before}).wanted().before is None


def test_an_address_says_what_is_asked_for() -> None:
    asked = Sought(query="a b", errors=True)
    assert asked.address() == "/?q=a+b&errors=1"
    assert asked.address(errors="", q="", tag="x&y") == "/?tag=x%26y"
    assert Sought().address() == "/"
    assert sought({"before": further((7, 8))}).wanted().before == (7, 8)
    assert further(None) == ""


def test_filters_are_told_from_a_search() -> None:
    assert not Sought(query="x").narrows
    assert Sought(tag="x").narrows


def test_a_passage_is_cut_at_what_was_found() -> None:
    found = Found(hit("one two one"), excerpt("one two one", "one"))
    assert found.pieces == [("one", True), (" two ", False), ("one", True)]
