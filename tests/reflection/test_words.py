"""Texts in words that say something."""

from __future__ import annotations

from proxy.reflecting import shipped_stop_words
from proxy.reflection.words import StopWords, normal, phrases, stop_words

STOPS = stop_words("en the of is to and my please how\nde der die das und ist wie\nzh 的 了 是\n\n")


def test_stop_words_are_read_line_by_line() -> None:
    assert STOPS.lists["de"] == {"der", "die", "das", "und", "ist", "wie"}
    assert STOPS.letters == {"的", "了", "是"}
    assert StopWords({}).of(["a"]) == frozenset()


def test_a_text_has_the_stop_words_of_its_own_language_and_of_english() -> None:
    assert "die" not in STOPS.of(["the", "whale", "is", "to", "die", "of", "thirst"])
    assert {"die", "the"} <= STOPS.of(["wie", "ist", "die", "lage", "und", "das", "wetter"])
    assert STOPS.of([]) == STOPS.lists["en"]


def test_phrases_end_at_stop_words_and_punctuation() -> None:
    found = phrases("How is the rate limiter of Redis, token bucket?", STOPS)
    assert found == {
        ("rate",),
        ("limiter",),
        ("rate", "limiter"),
        ("redis",),
        ("token",),
        ("bucket",),
        ("token", "bucket"),
    }


def test_letters_in_a_row_are_phrases_where_there_are_no_spaces() -> None:
    assert phrases("今天的天气", STOPS) == {("今天",), ("今天的天",), ("天的天",), ("天的天气",), ("天气",)}


def test_names_with_hyphens_digits_and_apostrophes_are_words() -> None:
    found = phrases("gpt-4o l'été 12345", STOPS)
    assert ("gpt-4o",) in found
    assert ("l'été",) in found
    assert not any("12345" in phrase for phrase in found)


def test_a_normal_question_has_no_case_punctuation_or_layout() -> None:
    assert normal("  What's UP,\n doc?! ") == normal("what's up doc")
    assert normal("今天天气。") == "今天天气"


def test_a_question_with_another_number_is_another_question() -> None:
    assert normal("What is 17 * 23?") == "what is 17 23"
    assert normal("What is 17 * 23?") != normal("What is 4 + 5?")


def test_the_shipped_stop_words_leave_what_a_topic_is_made_of() -> None:
    shipped = shipped_stop_words()
    assert len(shipped.lists) >= 30
    assert {"the", "of", "please"} <= shipped.lists["en"]
    assert not {"system", "test", "page", "error"} & shipped.lists["en"]
    assert {"der", "und"} <= shipped.lists["de"]
