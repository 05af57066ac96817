"""Density: what tells more for its tokens is worth more."""

from __future__ import annotations

import pytest

from proxy.density import is_error, is_question, rarity, worth
from proxy.words import words


def value(text: str, frequency: int = 5, total: int = 100) -> float:
    return worth(text, frozenset(words(text)), len(text.split()), rarity(lambda _: frequency, total))


def test_rare_words_are_worth_more() -> None:
    assert value("violet umbrella", frequency=1) > value("violet umbrella", frequency=50)


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ("we met Caroline there", "we met nobody there"),
        ("the train takes 40 minutes", "the train takes several minutes"),
        ("we decided blue paint", "we painted blue paint"),
        ("the build failed badly", "the build looked badly"),
        ("the paint is blue", "the paint is blue?"),
    ],
)
def test_names_numbers_decisions_and_errors_go_up_and_questions_down(more: str, less: str) -> None:
    assert value(more) > value(less)


def test_before_anything_was_said_each_word_counts_alike() -> None:
    assert value("violet umbrella", frequency=0, total=0) == pytest.approx(2 / 6)


def test_errors_and_questions_are_known_in_several_languages() -> None:
    assert all(
        map(is_error, ["Traceback (most recent call last)", "HTTP 404 not found", "接続に失敗しました", "Fehler 7"])
    )
    assert not is_error("all is well")
    assert all(map(is_question, ["Is it?", "本当ですか？", '"Why?" ', "هل تعرف؟"]))  # noqa: RUF001
    assert not is_question("Is it? Yes.")
