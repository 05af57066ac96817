"""Units: the worthiest first, nothing twice, shown in the order of the talk."""

from __future__ import annotations

from proxy.units import Unit, is_said, lines, pick, ranked, shortened


def unit(text: str, at: int = 0, place: int = 0, worth: float = 1.0, role: str = "user") -> Unit:
    return Unit(at, place, role, text, len(text), worth, frozenset(text.split()))


def test_the_worthiest_are_picked_and_stand_in_order() -> None:
    units = [unit("b c", at=1, worth=2), unit("d e", at=2, worth=1), unit("a b", at=0, worth=3)]
    assert [one.text for one in pick(units, 6)] == ["a b", "b c"]


def test_a_smaller_one_takes_the_room_that_a_bigger_one_leaves() -> None:
    units = [unit("too long", worth=3), unit("fits", worth=1)]
    assert [one.text for one in pick(units, 5)] == ["fits"]


def test_what_was_said_is_not_said_again() -> None:
    assert [one.at for one in pick([unit("a b c", at=0), unit("c b a", at=1)], 100)] == [1]
    assert not is_said(unit(""), {"a"})


def test_a_ranking_begins_with_the_worthiest() -> None:
    assert [one.at for one in ranked([unit("a", at=0, worth=1), unit("b", at=1, worth=2)], 100)] == [1, 0]


def test_sentences_of_one_message_share_its_line() -> None:
    units = [unit("One.", 0), unit("Two.", 0, 1), unit("Three.", 3, role="assistant"), unit("Four.", 4, role="")]
    assert lines(units) == "user: One. Two.\nassistant: Three.\nFour."
    assert lines([]) == ""


def test_a_text_that_is_too_long_keeps_its_beginning_and_end() -> None:
    assert shortened("abc", 10, len) == "abc"
    assert shortened("a" * 50 + "b" * 50, 10, len) == "aaaaa\n\u2026\nbbbbb"
