"""Segments: a summary of original sentences each, folded eight to one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.fences import OMITTED, record
from proxy.segments import FOLD, Segment, close, fold, record_of, settle
from proxy.units import Unit
from tests.talks import count


def unit(at: int, worth: float = 1.0) -> Unit:
    text = f"Sentence {at} says word{at}."
    return Unit(at, 0, "user", text, count(text), worth, frozenset({f"word{at}"}))


def segment(number: int, size: int = 4, room: int = 20) -> Segment:
    start = number * size
    units = [unit(at, worth=at % 3 + 1) for at in range(start, start + size)]
    return close(bytes([number + 1]), bytes([number]), (start, start + size), units, room, count)


def test_a_segment_says_the_worthiest_of_its_span() -> None:
    one = segment(0, size=3, room=9)
    assert (one.start, one.end, one.level) == (0, 3, 0)
    assert one.text == "user: Sentence 2 says word2."
    assert one.tokens == count(one.text)


def test_a_parent_spans_its_children_and_takes_their_sentences() -> None:
    children = [segment(number) for number in range(FOLD)]
    parent = fold(children, 30, count)
    assert (parent.start, parent.end, parent.level) == (0, 4 * FOLD, 1)
    assert (parent.parent, parent.digest) == (children[0].parent, children[-1].digest)
    originals = {one.text for child in children for one in child.units}
    assert {one.text for one in parent.units} <= originals


def test_a_record_holds_the_texts_there_are_and_says_where_there_are_none() -> None:
    none = segment(0, room=1)
    assert none.text == ""
    assert record_of([none]) == record_of([]) == OMITTED
    assert record_of([none, segment(1)]) == record_of([segment(1)]) == record(segment(1).text)


def test_eight_become_one() -> None:
    settled = settle([segment(number) for number in range(FOLD + 1)], 10_000, 0.5, count)
    assert [one.level for one in settled] == [1, 0]


def test_where_room_is_short_fewer_become_one() -> None:
    children = [segment(number) for number in range(5)]
    settled = settle(children, sum(one.tokens for one in children) - 1, 0.5, count)
    assert [one.level for one in settled] == [1]


def test_a_parent_takes_in_the_next_where_no_two_are_alike() -> None:
    parent = fold([segment(0), segment(1)], 100, count)
    settled = settle([parent, segment(2)], 1, 0.5, count)
    assert [(one.start, one.end, one.level) for one in settled] == [(0, 12, 1)]


@given(st.integers(0, 120), st.integers(1, 200))
@settings(deadline=None)
def test_segments_stay_few_and_follow_each_other(number: int, room: int) -> None:
    settled: tuple[Segment, ...] = ()
    for at in range(number):
        settled = settle([*settled, segment(at)], room, 0.5, count)
    assert sum(one.tokens for one in settled) <= room or len(settled) == 1
    assert [one.start for one in settled[1:]] == [one.end for one in settled[:-1]]
    assert [one.parent for one in settled[1:]] == [one.digest for one in settled[:-1]]
