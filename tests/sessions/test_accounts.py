"""A session's rows as a program gets them."""

from __future__ import annotations

from proxy.sessions.accounts import Account, moment, unanswered_tokens
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
    account = Account(session_row(tool_calls=1), TURNS, [call_row(message=2)], ["a"], infinite=True)
    assert [turn["content"] for turn in account.turns()] == ["One?", "One!", "Two?", "Three?"]
    stats = account.stats()
    assert (stats["total_messages"], stats["total_events"], stats["infinite_context"]) == (4, 5, True)


def test_what_has_no_answer_yet_is_weighed() -> None:
    assert unanswered_tokens(TURNS) == 11
    assert unanswered_tokens(TURNS[:4]) == 0


def test_times_are_in_utc() -> None:
    assert moment(1_700_000_000_000_000) == "2023-11-14T22:13:20Z"
