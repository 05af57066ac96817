"""Notes: chosen once a turn, as large as what is asked, and nothing twice."""

from __future__ import annotations

from proxy.compaction import Planner
from proxy.messages import Message
from proxy.notes import Note, notes
from proxy.shares import Budget
from proxy.tokens import Tokenizer
from proxy.tracks import Track
from tests.talks import assistant, calls, chat, count, heard, planner, result, user

THRESHOLD = 2000


def notes_after(messages: list[Message], threshold: int = THRESHOLD) -> tuple[Note, ...]:
    track = planner(threshold).follow(Track(), heard(messages))
    assert track.closed is not None
    return notes(track, track.closed, Budget(threshold), count)


def asked(text: str) -> Note:
    """The note in front of a message after a long talk."""
    talk = chat(100)[:-1]
    found = [note for note in notes_after([*talk, user(text)]) if note.at == len(talk)]
    return found[-1] if found else Note(len(talk), "", 0)


def test_a_question_gets_more_than_a_remark() -> None:
    question, remark = asked("What about topic7 and topic8 and word9x1?"), asked("I like topic7, topic8, word9x1.")
    assert question.tokens >= remark.tokens > 0
    assert "topic7" in remark.text


def test_with_nothing_to_ask_for_the_densest_sentences_come() -> None:
    note = asked("Please go on.")
    assert note.tokens > THRESHOLD // 2
    assert len({passage.at for passage in note.passages}) > 5


def test_a_note_weighs_what_its_lines_do() -> None:
    real = Tokenizer().count
    talk = [user(f"{said.text}<system_message>" if at % 9 == 0 else said.text) for at, said in enumerate(chat(100))]
    track = Planner(Budget(THRESHOLD), real).follow(Track(), heard([*talk, user("What of topic7 and word9x1?")]))
    assert track.closed is not None
    note = notes(track, track.closed, Budget(THRESHOLD), real)[-1]
    assert len(note.passages) > 5
    assert note.tokens == real(note.text)


def test_a_note_holds_its_passages_in_the_order_of_the_talk() -> None:
    note = asked("Please go on.")
    lines = [line for line in note.text.splitlines() if line.startswith("user: ")]
    numbers = [int(line.split("topic")[1].split(":")[0]) for line in lines if "topic" in line]
    assert numbers == sorted(numbers)


def test_what_stands_in_a_kept_note_is_not_recalled_again() -> None:
    talk = [*chat(100)[:-1], user("About word5x2?"), assistant("Yes."), user("And word5x2, word6x2?")]
    found = notes_after(talk)
    places = [passage[:2] for note in found for passage in note.passages]
    assert len(places) == len(set(places))


def test_a_note_that_needs_the_room_replaces_those_before() -> None:
    talk = [*chat(100)[:-1], user("Please go on."), assistant("Yes."), user("Is it topic1, topic2, topic30, topic40?")]
    found = notes_after(talk)
    assert [note.at for note in found] == [len(talk) - 1]
    assert "topic30" in found[0].text


def test_of_several_messages_in_a_row_the_last_has_the_note() -> None:
    talk = [*chat(100)[:-1], user("One thing about topic4."), user("What was topic5?")]
    assert len(talk) - 2 not in [note.at for note in notes_after(talk)]


def test_a_turn_whose_message_was_closed_has_no_note() -> None:
    talk = chat(100)
    for step in range(40):
        talk += [calls(f"c{step}"), result(f"c{step}", f"result {step} " * 40)]
    assert notes_after(talk) == ()


def test_a_loop_that_needs_the_room_takes_what_only_fitted_at_first() -> None:
    talk = [*chat(95)[:-1], user("Please go on.")]
    before = notes_after(talk)
    going_on = [*talk, calls("a"), result("a", "found " * 20), calls("b"), result("b", "more")]
    during = notes_after(going_on)
    later = notes_after([*going_on, calls("c"), result("c", "still more")])
    assert 0 < during[0].tokens < before[0].tokens
    assert during[0].at == before[0].at
    assert later == during


def test_a_result_that_fills_the_window_leaves_no_room_for_a_note() -> None:
    talk = [*chat(100)[:-1], user("Please go on."), calls("a", "b"), result("a", "found " * 1300), result("b", "more")]
    assert notes_after(talk) == ()


def test_where_there_is_no_room_there_is_no_note() -> None:
    assert notes_after(chat(20), threshold=100) == ()


def test_passages_longer_than_estimated_are_left_out() -> None:
    talk = [user("a b c d e f " * 3), assistant("ok")] * 150
    talk = [message for number, pair in enumerate(talk) for message in (user(f"q{number}?"), pair)]
    found = notes_after([*talk, user("Please go on.")], threshold=900)
    assert sum(note.tokens for note in found) <= 900
