"""Text in terms: words, and pairs of letters where there are no spaces."""

from __future__ import annotations

import pytest

from storage.sqlite.terms import LONGEST, SURE, Term, fold, needle_terms, split, terms


def test_a_query_is_words_and_quoted_phrases() -> None:
    assert split('one "Two  three" four "') == ["one", "four", "two  three"]
    assert split("a\0b") == ["a\N{REPLACEMENT CHARACTER}b"]


def test_folded_text_has_no_case_and_no_accents_but_keeps_other_marks() -> None:
    assert fold("CAFÉ Straße Й") == "cafe strasse и"
    assert fold("ガ") == "ガ"
    assert fold("한") == "한"


@pytest.mark.parametrize(
    ("text", "found", "words"),
    [
        ("a foo-bar, a_b", ["a", "foo", "bar", "a", "b"], {"a", "foo", "bar", "b"}),
        ("привет, мир", ["привет", "мир"], {"привет", "мир"}),
        ("说你好 ok", ["说你", "你好", "好", "ok"], {"ok"}),
        ("🙂", ["🙂"], set()),
        ("", [], set()),
    ],
)
def test_a_text_has_words_and_pairs(text: str, found: list[str], words: set[str]) -> None:
    assert terms(text) == (found, words)


@pytest.mark.parametrize("text", ["x" * 2000, "é" + "x" * 2000])
def test_every_part_of_a_long_word_stands_in_a_piece_of_it(text: str) -> None:
    pieces, _ = terms(text)
    assert max(map(len, pieces)) <= LONGEST
    assert all(any(text[at : at + SURE] in piece for piece in pieces) for at in range(len(text) - SURE))
    assert (pieces[0], pieces[-1]) == (text[:LONGEST], text[-LONGEST:])


def test_a_needle_is_open_where_it_may_begin_or_end_within_a_word() -> None:
    assert needle_terms("foo-bar") == [Term("foo", open_before=True), Term("bar", open_after=True)]
    assert needle_terms("-foo-") == [Term("foo")]
    assert needle_terms("你好吗") == [Term("你好", paired=True), Term("好吗", paired=True)]
    assert needle_terms("你") == [Term("你", paired=True, open_after=True)]
    assert needle_terms("你 a") == [Term("你", paired=True), Term("a", open_after=True)]
    assert needle_terms("=>") == []


def test_of_a_needle_with_a_long_word_a_part_is_enough() -> None:
    assert needle_terms("a " + "x" * 1000) == [Term("x" * SURE, open_before=True, open_after=True)]
