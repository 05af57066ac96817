"""Branches as lines for training."""

from __future__ import annotations

import json

from proxy.exports.dialogue import Dialogue
from proxy.exports.finetuning import lines
from tests.cli.rows import chain, exchange_row, id_of, message_row, session_row


def test_what_follows_the_last_answer_is_left_out_and_no_line_comes_twice() -> None:
    rows = [*chain("user", "assistant", "user"), message_row(4, 2, "user", "or else")]
    (line,) = map(json.loads, lines(Dialogue(session_row(), rows)))
    assert [message["role"] for message in line["messages"]] == ["user", "assistant"]


def test_a_branch_without_an_answer_trains_nothing() -> None:
    assert list(lines(Dialogue(session_row(), chain("user")))) == []


def test_a_system_prompt_stands_first_and_only_once() -> None:
    exchanges = {id_of(100): exchange_row(system=b"s")}
    systems = {b"s": b'{"role": "system", "content": "Be brief."}'}
    for roles in (("user", "assistant"), ("system", "user", "assistant")):
        (line,) = map(json.loads, lines(Dialogue(session_row(), chain(*roles), (), exchanges, systems)))
        assert [message["role"] for message in line["messages"]] == ["system", "user", "assistant"]


def test_tools_go_with_it() -> None:
    tools = {id_of(100): [{"type": "function"}]}
    (line,) = map(json.loads, lines(Dialogue(session_row(), chain("user", "assistant"), tools=tools)))
    assert line["tools"] == [{"type": "function"}]
