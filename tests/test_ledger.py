"""The ledger: what closed messages leave behind."""

from __future__ import annotations

import json

from proxy.ledger import ARGUMENTS, FRAGMENT, MOST, PASSAGE, Reader, argued, called, passages, spoken
from proxy.messages import Message, Part, Role, ToolCall
from proxy.units import Unit
from tests.talks import assistant, calls, count, result, user


def units(message: Message) -> list[Unit]:
    return list(Reader(lambda _: 1.0, count).units(message, 4))


def test_talk_leaves_its_sentences() -> None:
    made = units(assistant("We decided on the blue paint. It costs 40 euros per bucket."))
    assert [(one.at, one.place, one.role, one.text) for one in made] == [
        (4, 0, "assistant", "We decided on the blue paint."),
        (4, 1, "assistant", "It costs 40 euros per bucket."),
    ]


def test_a_call_is_one_line_with_its_arguments() -> None:
    thought, line = units(
        calls("a", name="open", arguments='{"path":\n "src/app.py"}', text="Let me look at the file.")
    )
    assert thought.text == "Let me look at the file."
    assert line.text == 'open {"path": "src/app.py"}'
    assert line.place > thought.place


def test_long_arguments_are_cut() -> None:
    assert called(ToolCall("a", "write", "x" * 1000)) == "write " + "x" * ARGUMENTS + "…"


def test_arguments_that_a_line_has_no_room_for_leave_fragments() -> None:
    lines = [f"total_{number} = price_of(order_{number})" for number in range(20)]
    written = json.dumps({"path": "app.py", "text": "\n\n".join(lines)})
    line, *fragments = units(calls("a", name="write", arguments=written))
    assert line.text == called(ToolCall("a", "write", written))
    assert "".join(one.text for one in fragments).replace("\\n", "") in written.replace("\\n", "")
    assert fragments[-1].text.startswith("total_19 = price_of(order_19)")
    assert all(len(one.text) <= FRAGMENT for one in fragments)
    assert [one.place for one in fragments] == [line.place + number for number in range(1, len(fragments) + 1)]


def test_short_lines_of_arguments_are_one_fragment_and_a_long_one_is_several() -> None:
    short, *long = argued(ToolCall("a", "write", "x" * ARGUMENTS + "one\\ntwo\\n" + "some words " * 20))
    assert short == "one\\ntwo"
    assert " ".join(long) == ("some words " * 20).strip()
    assert len(long) > 1


def test_arguments_without_end_are_read_from_both_ends() -> None:
    fragments = list(argued(ToolCall("a", "write", "a " * MOST + "b " * MOST)))
    assert sum(map(len, fragments)) < MOST
    assert fragments[-1].endswith("b")


def test_a_result_leaves_fragments_of_which_the_first_error_is_worth_most() -> None:
    listing = "\n".join(f"plain words on a line of its own, number {number}" for number in range(9))
    made = units(result("a", f"{listing}\nValueError: no such order\n{listing}\nKeyError: again no order"))
    assert max(made, key=lambda one: one.worth).text == "ValueError: no such order"
    assert all(len(one.text) <= FRAGMENT for one in made)
    assert {one.role for one in made} == {"result"}


def test_fragments_with_identifiers_are_worth_more() -> None:
    plain, marked = units(result("a", "nothing of note in this first line\nbooked HAT123 under order_77 this line"))
    assert marked.worth > plain.worth


def test_a_small_message_is_one_passage_and_a_long_one_several() -> None:
    (one,) = passages(user("Short. And sweet."), 3, count)
    assert (one.at, one.role, one.text) == (3, "user", "Short. And sweet.")
    several = passages(user("A sentence of some length stands here. " * 40), 3, count)
    assert len(several) > 2
    assert all(piece.tokens <= PASSAGE * 1.1 for piece in several)
    assert [piece.place for piece in several] == list(range(len(several)))


def test_a_call_is_a_passage_and_an_empty_message_none() -> None:
    assert [piece.text for piece in passages(calls("a", "b"), 0, count)] == ["look {}", "look {}"]
    assert passages(Message(Role.OTHER), 0, count) == ()
    assert passages(Message(Role.ASSISTANT, (Part("image", key="sha256:0"),)), 0, count) == ()
    assert passages(user(" " * 5000), 0, count) == ()
    assert units(Message(Role.OTHER)) == []


def test_a_refusal_is_what_was_said() -> None:
    assert spoken(Message(Role.ASSISTANT, refusal="I can't.")) == "I can't."


def test_of_a_message_without_end_both_ends_are_read() -> None:
    read = spoken(user("a" * MOST + "b" * MOST))
    assert len(read) == MOST + 1
    assert (read[0], read[-1]) == ("a", "b")
