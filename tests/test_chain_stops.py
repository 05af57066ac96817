"""Clients that change their latest questions from turn to turn: a list that ends a few answers earlier is known."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from proxy.chain import Memo
from tests.test_chain import Object, assistant, chain, user


def marked(turn: int, marks: int) -> list[Object]:
    """A conversation's request with marks at its latest questions, as some clients set for the provider's cache."""
    said: list[Object] = []
    for at in range(1, turn + 1):
        mark = {"cache_control": {"type": "ephemeral"}} if at > turn - marks else {}
        said += [{"role": "user", "content": [{"type": "text", "text": f"Q{at}", **mark}]}, assistant(f"A{at}")]
    return said[:-1]


@pytest.mark.parametrize("marks", [1, 2, 3])
def test_marks_that_move_along_make_a_turn_cost_a_few_messages_and_not_the_conversation(marks: int) -> None:
    memo = Memo()
    sizes = [len(chain(*marked(turn, marks), memo=memo).links) for turn in range(1, 40)]
    assert max(sizes) <= 2 * marks + 4
    assert sizes[-1] == sizes[-2]


@pytest.mark.parametrize("marks", [0, 1, 2, 3])
def test_a_list_that_ends_earlier_changes_no_digest(marks: int) -> None:
    memo = Memo()
    for turn in range(1, 12):
        alone, remembered = chain(*marked(turn, marks)), chain(*marked(turn, marks), memo=memo)
        assert replace(remembered.end, listed=b"") == replace(alone.end, listed=b"")
        assert remembered.links == alone.links[remembered.prefix.length :]
        assert (remembered.anchor, remembered.next, remembered.pair) == (alone.anchor, alone.next, alone.pair)


def test_the_lists_on_the_way_are_told_with_how_many_links_are_in_each() -> None:
    memo = Memo()
    stops = chain(*marked(3, 1), memo=memo).stops
    assert [stop.links for stop in stops] == [1, 3]
    assert all(memo.get(stop.listed) is not None for stop in stops)
    assert chain(*marked(3, 0), user("Q4"), memo=memo).prefix.length == 3


def test_ordinary_traffic_has_no_lists_on_the_way() -> None:
    memo = Memo()
    chain(user("Q1"), memo=memo)
    assert chain(user("Q1"), assistant("A1"), user("Q2"), memo=memo).stops == ()
