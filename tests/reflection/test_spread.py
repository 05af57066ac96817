"""Outliers among values."""

from __future__ import annotations

from proxy.reflection.spread import outliers, percentile


def test_a_value_far_above_the_others_is_an_outlier_with_its_factor() -> None:
    assert outliers([1.0, 1.1, 0.9, 1.2, 1.0, 0.8, 1.1, 50.0]) == [(7, 50 / 1.05)]


def test_several_outliers_do_not_hide_each_other() -> None:
    assert [place for place, _ in outliers([1.0, 1.1, 0.9, 1.2, 1.0, 0.8, 1.1, 1.0, 50.0, 60.0])] == [8, 9]


def test_where_most_values_are_equal_another_one_is_still_told() -> None:
    assert [place for place, _ in outliers([1.0] * 20 + [100.0])] == [20]


def test_equal_values_and_few_ones_have_no_outliers() -> None:
    assert outliers([1.0] * 20) == []
    assert outliers([1.0, 100.0]) == []
    assert outliers([0.0] * 20) == []


def test_a_low_value_is_none() -> None:
    assert outliers([1.0, 1.1, 0.9, 1.2, 1.0, 0.8, 1.1, 0.001, 0.0]) == []


def test_a_percentile_is_one_of_the_values() -> None:
    assert [percentile([3, 1, 2, 4], share) for share in (0, 0.5, 0.95, 1)] == [1, 3, 4, 4]
