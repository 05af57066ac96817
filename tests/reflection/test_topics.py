"""What recurs, and how much it weighs."""

from __future__ import annotations

from proxy.reflection.topics import CANDIDATES, MOST, Candidate, candidates, topics
from proxy.reflection.words import stop_words

STOPS = stop_words("en the of is to and my please how a\nzh 的 了 是 今")


def test_only_what_more_than_one_text_holds_is_a_candidate() -> None:
    texts = ["the rate limiter of redis", "a rate limiter", "whales"]
    assert candidates(texts, STOPS) == [Candidate("rate limiter", 2)]


def test_a_part_that_also_stands_alone_is_one_too() -> None:
    texts = ["rate limiter", "rate limiter", "rate card"]
    assert [each.phrase for each in candidates(texts, STOPS)] == ["rate", "rate limiter"]


def test_letters_in_a_row_are_candidates_but_not_their_parts() -> None:
    assert [each.phrase for each in candidates(["今天的天气预报", "天气预报是"], STOPS)] == ["天气预报"]


def test_there_are_no_more_candidates_than_can_be_counted() -> None:
    words = [f"word{chr(97 + one)}{chr(97 + two)}" for one in range(20) for two in range(20)]
    assert len(candidates([". ".join(words)] * 2, STOPS)) == CANDIDATES


def test_a_phrase_that_is_rare_in_the_store_weighs_more() -> None:
    found = [Candidate("common", 5), Candidate("rare", 5)]
    first, second = topics(found, 10, 1000, [900, 6])
    assert (first.phrase, first.rising, second.phrase, second.rising) == ("rare", True, "common", False)
    assert first.weight > second.weight > 0


def test_where_the_entries_are_the_whole_store_nothing_is_rising() -> None:
    (topic,) = topics([Candidate("rate limiter", 3)], 10, 8, [2])
    assert not topic.rising
    assert topic.weight > 0


def test_topics_do_not_repeat_each_other_and_are_few() -> None:
    found = [Candidate("rate limiter", 3), Candidate("limiter", 4)]
    assert len(topics(found, 10, 1000, [3, 4])) == 1
    many = [Candidate(f"word{number}", 3) for number in range(50)]
    assert len(topics(many, 10, 1000, [3] * 50)) == MOST
    assert topics([], 0, 0, []) == []
