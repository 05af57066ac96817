"""Sentences: cut in any language, with nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.sentences import LONGEST, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "We agreed on the blue one today. The price is 3.50 per piece! Is that still fine?",
            ["We agreed on the blue one today.", "The price is 3.50 per piece!", "Is that still fine?"],
        ),
        (
            "我昨天买了一本书。今天开始读。你呢？我还没有时间读它。",  # noqa: RUF001
            ["我昨天买了一本书。", "今天开始读。 你呢？", "我还没有时间读它。"],  # noqa: RUF001
        ),
        (
            "昨日は雨が降りました。「傘はありますか？」と聞いた。",  # noqa: RUF001
            ["昨日は雨が降りました。", "「傘はありますか？」", "と聞いた。"],  # noqa: RUF001
        ),
        (
            "Wir haben uns für Berlin entschieden.\nDer Zug fährt um acht Uhr.",
            ["Wir haben uns für Berlin entschieden.", "Der Zug fährt um acht Uhr."],
        ),
        ("Ask Dr. Smith about the results of the test.", ["Ask Dr. Smith about the results of the test."]),
        ("Yes. No. That is all I wanted to say.", ["Yes. No. That is all I wanted to say."]),
        ("A line\n\nof its own\n", ["A line", "of its own"]),
        ("Well. Ok.", ["Well. Ok."]),
        ("\n\nAnd then it went on.", ["And then it went on."]),
        ("", []),
    ],
)
def test_a_text_is_cut_at_its_ends(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_line_without_end_is_cut_at_its_commas() -> None:
    pieces = sentences("{" + ", ".join(f'"key{number}": {number}' for number in range(100)) + "}")
    assert max(map(len, pieces)) <= LONGEST
    assert pieces[0].endswith(",")


def test_a_run_of_characters_is_cut_anyway() -> None:
    assert [len(piece) for piece in sentences("x" * 1000)] == [320, 320, 320, 40]
    assert [len(piece) for piece in sentences(("y" * 99 + " ") * 10)] == [299, 299, 299, 99]


@given(st.text(), st.integers(30, 400))
@settings(deadline=None)
def test_nothing_visible_is_lost(text: str, longest: int) -> None:
    assert "".join("".join(sentences(text, longest)).split()) == "".join(text.split())
