"""Answers whose history their client shows in another way than it is stored."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy.chain import link, lone_digest, pair_digest
from proxy.drafts import Shown, finish, settle
from proxy.messages import ToolCall
from storage.records import Found
from tests.test_drafts import ANSWER, OTHER, OWNER, USER, closed, digests, draft, lone, placed, said

CALLING: dict[str, Any] = {
    "role": "assistant",
    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
RESULT: dict[str, Any] = {"role": "tool", "tool_call_id": "c", "content": "noon"}


def test_an_answer_is_known_as_its_client_shows_it() -> None:
    shown = msgspec.structs.replace(placed(), shown=Shown(OTHER))
    record = finish(closed(said()), (said(),), shown)
    assert record.landmarks[-1] == link(OTHER, record.replies[0].lone)


def test_an_answer_is_known_in_one_message_with_the_beginning_that_its_client_gave() -> None:
    _, standing = settle(draft(USER, {"role": "assistant", "content": "Hel"}), Found())
    record = finish(closed(said("lo")), (said("lo"),), standing)
    assert record.replies[0].parent == standing.tip
    assert record.landmarks[-1] == digests(USER, {"role": "assistant", "content": "Hello"})[-1]


def test_an_answer_after_tools_is_known_right_after_the_question() -> None:
    _, standing = settle(draft(USER, CALLING, RESULT), Found())
    record = finish(closed(said()), (said(),), standing)
    answer = lone_digest(said())
    assert record.landmarks[1:] == (digests(USER, ANSWER)[-1], pair_digest(OWNER, lone(USER), answer))


def test_a_step_on_the_way_to_an_answer_is_known_where_it_stands_alone() -> None:
    _, standing = settle(draft(USER, CALLING, RESULT), Found())
    step = said("", ToolCall("c", "f", "{}"))
    assert len(finish(closed(step), (step,), standing).landmarks) == 1


def test_an_answer_to_a_question_itself_is_known_by_nothing_more() -> None:
    _, standing = settle(draft(USER), Found())
    assert standing.shown == Shown()
