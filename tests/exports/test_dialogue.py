"""A session's branches and its messages in the shared form."""

from __future__ import annotations

import json

from proxy.dialects.chat import Chat
from proxy.exports.dialogue import Dialogue, neutral_form, shared_form, system_messages
from tests.cli.rows import chain, exchange_row, id_of, message_row, session_row


def test_each_leaf_is_a_branch_from_the_root() -> None:
    rows = [*chain("user", "assistant", "user"), message_row(4, 2, "user", "or else")]
    branches = Dialogue(session_row(), rows).branches()
    assert [[row.id for row in branch] for branch in branches] == [[1, 2, 3], [1, 2, 4]]


def test_the_system_prompt_is_that_of_the_branchs_end() -> None:
    exchanges = {id_of(100): exchange_row(system=b"s")}
    dialogue = Dialogue(session_row(), chain("user"), exchanges=exchanges, systems={b"s": b'"Be brief."'})
    assert dialogue.system(dialogue.messages) == b'"Be brief."'
    assert Dialogue(session_row(), chain("user")).system(chain("user")) == b""


def test_system_prompts_of_all_kinds_are_messages() -> None:
    one = {"role": "developer", "content": "Be brief."}
    assert system_messages(b"") == []
    assert system_messages(json.dumps(one).encode()) == [one]
    assert system_messages(json.dumps([one, "And kind."]).encode()) == [one, {"role": "system", "content": "And kind."}]
    assert system_messages(b"plain") == [{"role": "system", "content": "plain"}]
    parts = [{"type": "text", "text": "Be brief."}]
    assert system_messages(json.dumps(parts).encode()) == [{"role": "system", "content": parts}]


def test_a_chat_message_keeps_what_is_its_own() -> None:
    body = b'{"role": "assistant", "content": "Hi", "annotations": [], "refusal": null, "reasoning": "hm"}'
    dialogue = Dialogue(session_row(), [])
    assert shared_form(dialogue, message_row(1, 0, "assistant", body=body)) == {"role": "assistant", "content": "Hi"}
    assert shared_form(dialogue, message_row(1, 0, "user", body=b"no JSON")) == {"role": "user"}


def test_a_message_of_another_format_is_told_by_what_it_says() -> None:
    exchanges = {id_of(100): exchange_row(dialect="responses")}
    body = b'{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}'
    dialogue = Dialogue(session_row(), [], exchanges=exchanges)
    assert shared_form(dialogue, message_row(1, 0, "user", body=body)) == {"role": "user", "content": "Hi"}


def test_calls_and_results_have_a_neutral_form() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    asked = {"role": "assistant", "content": "", "tool_calls": [call]}
    result = {"role": "tool", "content": "seen", "tool_call_id": "1"}
    for form in (asked, result):
        assert neutral_form(Chat().read_message(json.dumps(form).encode())) == form
    assert neutral_form(Chat().read_message(b'{"role": "ghost", "content": "boo"}'))["role"] == "user"
