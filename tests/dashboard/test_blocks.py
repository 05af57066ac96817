"""Closed runs of a branch, and a page's turns grouped by them."""

from __future__ import annotations

from proxy.dashboard.blocks import Block, blocks, groups, within
from proxy.dashboard.turns import Turn, Words
from storage.browsing import Span, Twig

TEN = [Twig(number, number - 1) for number in range(1, 11)]


def span(before: int, last: int, text: str = "") -> Span:
    return Span(before, last, 0, 0, text, "extractive", 0)


def turn(id: int) -> Turn:
    return Turn(id, "user", "user", 0, Words())


def test_a_segment_closes_what_stands_between_its_ends() -> None:
    first, second = span(0, 4), span(4, 6)
    assert blocks(TEN, [first, second]) == [Block(0, 4, first), Block(4, 6, second)]


def test_a_later_segment_takes_the_place_of_those_that_it_holds() -> None:
    folded = span(0, 6)
    assert blocks(TEN, [span(0, 4), span(4, 6), folded]) == [Block(0, 6, folded)]


def test_segments_that_overlap_leave_the_later_one() -> None:
    for earlier, later in ((span(0, 5), span(3, 8)), (span(3, 8), span(0, 5)), (span(0, 9), span(3, 5))):
        assert [one.span for one in blocks(TEN, [earlier, later])] == [later]


def test_segments_of_other_branches_close_nothing() -> None:
    assert blocks(TEN, [span(0, 99), span(99, 6), span(6, 4), span(0, 0)]) == []
    assert blocks([], [span(0, 4)]) == []


def test_a_page_knows_which_of_its_messages_are_closed() -> None:
    one, two = blocks(TEN, [span(0, 4), span(6, 8)])
    assert within([one, two], [3, 4, 5, 6, 7], 2) == {3: one, 4: one, 7: two}
    assert within([one], [9, 10], 8) == {}


def test_turns_of_a_block_stand_together() -> None:
    one, two = Block(1, 3, span(1, 3)), Block(3, 4, span(3, 4))
    found = list(groups([turn(id) for id in (1, 2, 3, 4, 5)], {2: one, 3: one, 4: two}))
    assert [(group.block, [turn.id for turn in group.turns]) for group in found] == [
        (None, [1]),
        (one, [2, 3]),
        (two, [4]),
        (None, [5]),
    ]
    assert list(groups([], {})) == []
