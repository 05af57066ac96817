"""Scores: which passages are the best, by themselves and with those beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.scores import BEFORE, NEAR, Places, Scores


def scores_of(told: dict[int, float], passages: int = 10) -> Scores:
    scores = Scores(passages)
    scores.add(1.0, [Places(tuple(told), tuple(told.values()))])
    return scores


def test_what_words_tell_is_added_up_by_their_weights() -> None:
    scores = Scores(3)
    scores.add(2.0, [Places((0,), (1.0,)), Places((2,), (0.5,))])
    scores.add(1.0, [Places((2,), (4.0,))])
    assert scores.best(9) == [(5.0, 2), (2.0, 0)]


def test_of_equals_the_later_is_the_better() -> None:
    assert scores_of({1: 1.0, 4: 2.0, 7: 1.0, 8: 1.0}).best(3) == [(2.0, 4), (1.0, 8), (1.0, 7)]


def test_neighbours_have_a_part() -> None:
    assert {at: score for score, at in scores_of({4: 1.0}).spread(9)} == {
        3: NEAR,
        4: 1.0,
        5: BEFORE,
        6: NEAR,
    }


def test_no_more_are_spread_than_are_asked_for() -> None:
    assert [at for _, at in scores_of({2: 1.0, 6: 3.0, 8: 2.5}).spread(2)] == [6, 8]


@pytest.mark.parametrize("at", [0, 1, 8, 9])
def test_there_is_nothing_beyond_the_ends(at: int) -> None:
    spread = scores_of({at: 1.0}).spread(9)
    assert {number for _, number in spread} == {at + step for step in (-1, 0, 1, 2)} & set(range(10))
    assert scores_of({0: 1.0, 9: 1.0}).spread(9)[0] == (1.0, 9)


def test_where_nothing_was_added_nothing_is_best() -> None:
    assert Scores(5).best(3) == Scores(0).spread(3) == []


@given(st.dictionaries(st.integers(0, 30), st.floats(0.1, 9.0), max_size=31), st.integers(1, 40))
def test_a_spread_is_what_all_sums_beside_the_best_lead_to(told: dict[int, float], most: int) -> None:
    def own(at: int) -> float:
        return told.get(at, 0.0)

    best = sorted(((score, at) for at, score in told.items()), reverse=True)[:most]
    near = {at + step for _, at in best for step in (-1, 0, 1, 2)} & set(range(31))
    sums = [(own(at) + BEFORE * own(at - 1) + NEAR * (own(at - 2) + own(at + 1)), at) for at in near]
    assert scores_of(told, 31).spread(most) == sorted(sums, reverse=True)[:most]
