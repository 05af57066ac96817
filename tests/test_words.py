"""Words: folded, stemmed, and those that say nothing left out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.words import EMPTY, LONGEST, identifiers, stem, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dog", "dogs"),
        ("activity", "activities"),
        ("running", "runs"),
        ("purchase", "purchased"),
        ("studied", "studying"),
        ("baking", "bakes"),
    ],
)
def test_forms_of_a_word_are_one(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize("word", ["bus", "glass", "Éclairs", "x1234s", "need"])
def test_what_has_no_ending_stays(word: str) -> None:
    assert stem(word) == word


def test_empty_words_are_left_out() -> None:
    assert words("Please go on.") == []
    assert words("What's the capital of France?") == ["capital", "franc"]


def test_scripts_without_spaces_give_pairs() -> None:
    assert words("我喜欢猫") == ["我喜", "喜欢", "欢猫"]
    assert words("猫") == ["猫"]
    assert words("请继续") == []


def test_an_identifier_counts_whole_and_by_its_pieces() -> None:
    assert words("mia_li_3668") == ["mia_li_3668", "mia", "li", "3668"]


def test_a_word_without_end_counts_by_its_beginning() -> None:
    assert words("q" * 5000) == ["q" * LONGEST]


def test_identifiers_are_marked_by_digits_punctuation_or_capitals() -> None:
    text = "Open src/app.py, getUser and order_77 for flight HAT123; plain words don't count."
    assert identifiers(text) == ["src/app.py", "getUser", "order_77", "HAT123"]


def test_a_blob_is_no_identifier() -> None:
    assert identifiers("a1" * 500) == []


@given(st.text())
@settings(deadline=None)
def test_any_text_has_words(text: str) -> None:
    assert not EMPTY.intersection(words(text))
