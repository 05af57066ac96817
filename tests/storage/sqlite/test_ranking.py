"""Which text answers a query better."""

from __future__ import annotations

from storage.sqlite.ranking import Field, score

FIELD = Field(1000, 50.0, (10,))


def test_more_often_is_better_and_longer_is_worse() -> None:
    once = score("a whale", ["whale"], FIELD)
    assert score("a whale and a whale", ["whale"], FIELD) > once > score("a whale" + " x" * 100, ["whale"], FIELD) > 0


def test_a_whole_word_is_better_than_a_part_of_one() -> None:
    assert score("whale", ["whale"], FIELD) > score("whales", ["whale"], FIELD) > 0
    assert score("a-b", ["-b"], FIELD) == score("a-b", ["-b"], FIELD) > score("a-bc", ["-b"], FIELD)
    assert score("说你好吗", ["你好"], FIELD) > 0


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    both = Field(1000, 50.0, (1, 900))
    assert score("rare rare common", ["rare", "common"], both) > score("rare common common", ["rare", "common"], both)
    assert score("a", ["a"], Field(1, 0.0, (5,))) > 0


def test_what_is_not_there_weighs_nothing() -> None:
    assert score("whale", ["walrus"], FIELD) == 0
