"""Tracks: when segments close, and where a history may be cut."""

from __future__ import annotations

from itertools import pairwise

from msgspec.structs import replace

from proxy.messages import Message, Part, Role
from proxy.segments import MODEL, Segment
from proxy.shares import Budget
from proxy.tracks import Closing, Track, Tracker, is_cut, unwritten
from tests.talks import assistant, calls, chat, count, heard, loop, planner, result, system, track_of, user


def closings(messages: list[Message], threshold: int, turns: int = 0) -> list[Closing]:
    """The closings of a history, in their order."""
    one, track = planner(threshold, turns=turns), Track()
    found: list[Closing] = []
    for each in heard(messages):
        track = one.follow(track, [each])
        if track.closed is not None and (not found or found[-1] is not track.closed.closing):
            found.append(track.closed.closing)
    return found


def test_nothing_closes_below_the_threshold() -> None:
    assert track_of(chat(10), 10_000).closed is None


def test_segments_close_in_blocks() -> None:
    messages = chat(100)
    found = closings(messages, 2000)
    assert 3 < len(found) < 40
    assert all(later.cut - earlier.cut >= 4 for earlier, later in pairwise(found))


def test_a_closing_covers_all_before_its_cut() -> None:
    messages = chat(100)
    history = heard(messages)
    for closing in closings(messages, 2000):
        assert closing.segments[0].start == 0
        assert closing.segments[-1].end == closing.cut
        assert closing.digest == closing.segments[-1].digest == history[closing.cut - 1].digest


def test_cuts_are_best_before_a_users_message() -> None:
    messages = chat(100)
    assert {messages[closing.cut].role for closing in closings(messages, 2000)} == {Role.USER}


def test_calls_are_never_parted_from_their_results() -> None:
    messages = loop(60)
    assert {messages[closing.cut].role for closing in closings(messages, 1500)} == {Role.ASSISTANT}


def test_a_cut_falls_only_where_nothing_belongs_together() -> None:
    thought = Message(Role.ASSISTANT, reasoning="hm")
    assert is_cut(user("a"), assistant("b"))
    assert is_cut(assistant("a"), user("b"))
    assert is_cut(result("a", "b"), assistant("c"))
    assert is_cut(Message(Role.ASSISTANT, refusal="no"), user("b"))
    assert is_cut(user(""), assistant("b"))
    assert not is_cut(calls("a"), result("a", "b"))
    assert not is_cut(calls("a"), assistant("b"))
    assert not is_cut(thought, assistant("b"))
    assert not is_cut(user("a"), system("b"))


def test_a_segment_has_no_more_messages_than_its_bound() -> None:
    (first, *_) = closings(chat(100), 2000, turns=2)
    assert all(one.end - one.start <= 2 for one in first.segments if one.level == 0)


def test_a_closing_that_is_stored_is_taken_as_it_is() -> None:
    messages = chat(100)
    made = closings(messages, 2000)[-1]
    stored = replace(made, head="as it was", tokens=3)
    tracker = Tracker(planner(2000).budget, count, lambda digest, _: stored if digest == made.digest else None)
    closed = tracker.follow(Track(), heard(messages)).closed
    assert closed is not None
    assert closed.closing is stored


def test_the_first_system_messages_lead_and_late_ones_are_kept_up_to_a_few() -> None:
    messages = [system("one"), system("two")]
    for turn in range(60):
        messages += [user(f"topic{turn} " * 20), system(f"clock {turn}"), assistant("noted")]
    track = track_of(messages, 900)
    assert track.lead == 2
    assert track.closed is not None
    kept = track.closed.closing.systems
    assert len(kept) == 8
    assert all(messages[at].role is Role.SYSTEM for at in kept)


def test_what_closes_without_a_digest_is_named_by_what_was_closed_before() -> None:
    history = [replace(one, digest=b"") for one in heard(chat(100))]
    closed = planner(2000).follow(Track(), history).closed
    assert closed is not None
    assert closed.closing.digest == b""


def test_images_close_like_anything_else() -> None:
    image = Message(Role.USER, (Part("image_url", key="https://example.com/a.png"),))
    track = track_of([image, *chat(100)[1:]], 2000)
    assert track.closed is not None
    assert track.closed.closing.segments[0].start == 0


def test_what_a_model_wrote_takes_its_place_with_the_next_closing() -> None:
    def written(segment: Segment) -> Segment:
        return replace(segment, text="Goal: topics.", tokens=4, summarizer=MODEL)

    messages = heard(chat(100))
    plain, informed = (Tracker(Budget(2000), count, written=one) for one in (unwritten, written))
    track = Track(budget=Budget(2000))
    first = next(at for at in range(len(messages)) if plain.follow(track, messages[:at]).closed is not None)
    track = plain.follow(track, messages[:first])
    before = track.closed
    track = informed.follow(track, messages[first:])
    assert before is not None
    assert track.closed is not None
    assert "Goal: topics." not in before.closing.head
    assert "Goal: topics." in track.closed.closing.head
    assert track.closed.closing.segments[-1].summarizer != MODEL
    assert all(one.units for one in track.closed.closing.segments)


def test_the_latest_messages_that_shall_be_kept_are_kept_as_far_as_they_fit() -> None:
    messages = chat(150, words=2)

    def tails(keep: int) -> list[int]:
        one, track = Tracker(Budget(2000, keep=keep), count), Track()
        kept = []
        for each in heard(messages):
            before, track = track.closed, one.follow(track, [each])
            kept += [len(track.tail)] if track.closed is not before else []
        return kept

    assert max(tails(0)) < 12
    assert set(tails(12)) == {12}
    assert tails(1000) == tails(0)
