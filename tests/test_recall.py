"""Recall: what a question leads to, however the index came to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.recall import FOLD, WALKED, Passage, Shelf, card_of, merged, shown


def passage(text: str, at: int = 0, place: int = 0, role: str = "user") -> Passage:
    return Passage(at, place, role, text, len(text.split()))


def shelf_of(*texts: str, stretch: int = 3) -> Shelf:
    shelf = Shelf()
    for start in range(0, len(texts), stretch):
        shelf = shelf.with_passages([passage(text, at) for at, text in enumerate(texts)][start : start + stretch])
    return shelf


def found(shelf: Shelf, query: str, most: int = 100) -> list[int]:
    return [hit.at for _, hit in shelf.search(query, most)]


FILLER = [f"filler{number} lines{number} talk{number}" for number in range(20)]


def test_the_passage_with_the_words_comes_first() -> None:
    shelf = shelf_of(*FILLER, "the violet umbrella stands there", *FILLER)
    assert found(shelf, "violet umbrella")[0] == 20


def test_an_answer_is_found_by_its_question() -> None:
    shelf = shelf_of(*FILLER, "which umbrella was stolen?", "violet", *FILLER)
    assert found(shelf, "stolen umbrella")[:2] == [20, 21]


def test_the_best_passages_lend_their_words() -> None:
    shelf = shelf_of("Rex barked loudly, that dog", *FILLER, "Rex barked again", *FILLER)
    assert 21 in found(shelf, "dog")


def test_of_equals_the_later_comes_first() -> None:
    shelf = shelf_of("violet", *FILLER, "violet", *FILLER)
    assert found(shelf, "violet", most=1) == [21]


def test_a_word_is_as_frequent_whenever_it_was_counted() -> None:
    early = shelf_of("violet", "violet")
    assert (early.frequency("violet"), early.frequency("umbrella")) == (2, 0)
    later = early.with_passages([passage("violet umbrella", 2), passage("umbrella", 3)])
    assert (later.frequency("violet"), later.frequency("umbrella")) == (3, 2)
    assert early.frequency("violet") == 2


def test_a_search_for_nothing_known_finds_nothing() -> None:
    assert found(shelf_of(*FILLER), "zeppelin") == []
    assert found(shelf_of(*FILLER), "") == []
    assert found(Shelf(), "zeppelin") == []


def test_among_many_passages_common_words_are_not_looked_for() -> None:
    shelf = shelf_of(*["violet"] * WALKED, "violet umbrella", stretch=500)
    assert found(shelf, "violet") == []
    assert found(shelf, "violet umbrella")[:1] == [WALKED]


def test_a_merged_card_finds_what_its_parts_found() -> None:
    cards = [card_of([passage("violet umbrella", 0), passage("rain", 1)]), card_of([passage("violet", 2)], 2)]
    one = merged(cards)
    assert one.postings["violet"].numbers == (0, 2)
    assert [each.at for each in one.passages] == [0, 1, 2]
    assert one.words == (("violet", "umbrella"), ("rain",), ("violet",))
    assert (one.base, one.level) == (0, 1)


class Topics:
    """Means what a text is about: one of two things, or nothing."""

    def vectors(self, texts: Sequence[str]) -> Any:
        return [tuple(float(any(word in text for word in topic)) for topic in self.topics) for text in texts]

    def joined(self, several: Sequence[Any]) -> Any:
        return [vector for vectors in several for vector in vectors]

    def likeness(self, text: str, several: Sequence[Any]) -> Sequence[float]:
        (one,) = self.vectors([text])
        return [sum(a * b for a, b in zip(one, other, strict=True)) for vectors in several for other in vectors]

    topics = (("umbrella", "parasol"), ("dog", "puppy"))


def test_what_is_alike_in_meaning_is_found_where_meanings_are_known() -> None:
    texts = ["the parasol is violet", *FILLER, "the umbrella stands there", *FILLER]
    shelf = Shelf(meaning=Topics())
    for at, text in enumerate(texts):
        shelf = shelf.with_passages([passage(text, at)])
    assert 0 not in found(shelf_of(*texts), "umbrella")
    assert found(shelf, "umbrella")[0] == 21
    assert 0 in found(shelf, "umbrella", most=5)


def test_what_no_word_leads_to_is_not_sought_by_meaning() -> None:
    shelf = Shelf(meaning=Topics()).with_passages([passage("the parasol is violet")])
    assert found(shelf, "umbrella") == []


@given(st.integers(1, 200))
@settings(deadline=None)
def test_a_shelf_holds_few_cards_however_many_it_was_given(stretches: int) -> None:
    shelf = Shelf()
    for at in range(stretches):
        shelf = shelf.with_passages([passage(f"violet word{at}", at)])
    assert len(shelf.cards) <= 3 * (FOLD - 1)
    assert shelf.frequency("violet") == shelf.passages == stretches
    assert found(shelf, f"word{stretches - 1}", most=1) == [stretches - 1]


def test_passages_are_shown_in_the_order_of_the_talk() -> None:
    pieces = [
        passage("late", 5, role="assistant"),
        passage("two", 1, 1),
        passage("one", 1, 0),
        passage("bare", 7, role=""),
    ]
    assert shown(pieces) == "user: one two\nassistant: late\nbare"
