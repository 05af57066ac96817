"""A session's rows as a program gets them."""

from __future__ import annotations

from proxy.sessions.accounts import Account, unanswered_tokens
from tests.cli.rows import call_row, message_row, session_row

TURNS = [
    message_row(1, 0, "user", "One?", tokens=5),
    message_row(2, 1, "assistant", "", tokens=5),
    message_row(3, 2, "tool", "result", tokens=7),
    message_row(4, 3, "assistant", "One!", tokens=5),
    message_row(5, 4, "user", "Two?", tokens=5),
    message_row(6, 5, "user", "Three?", tokens=6),
]


def test_tools_are_no_turns() -> None:
    account = Account(session_row(tool_calls=1), TURNS, [call_row(message=2)], infinite=True)
    assert [turn["content"] for turn in account.turns()] == ["One?", "One!", "Two?", "Three?"]
    sums = account.sums()
    assert (sums.total_messages, sums.total_events, sums.infinite_context) == (4, 5, True)


def test_a_summary_stands_in_place_of_what_is_closed() -> None:
    turns = Account(session_row(), TURNS, [call_row(message=2)]).turns(TURNS[:4], "They met.")
    assert [(turn["role"], turn["content"]) for turn in turns] == [
        ("system", "They met."),
        ("user", "Two?"),
        ("user", "Three?"),
    ]


def test_what_has_no_answer_yet_is_weighed() -> None:
    assert unanswered_tokens(TURNS) == 11
    assert unanswered_tokens(TURNS[:4]) == 0
