"""Rows as the turns that a page shows."""

from __future__ import annotations

import json

from markupsafe import Markup

from proxy.dashboard.turns import LONGEST, Rows, Turn, ending, finish, turns
from proxy.shapes.branches import Tree
from storage.browsing import Twig
from storage.records import MessageRow
from tests.cli.rows import call_row, chain, exchange_row, id_of, message_row


def shown(rows: Rows) -> list[Turn]:
    tree = Tree([Twig(row.id, row.parent) for row in rows.messages])
    latest = tree.latest()
    assert latest is not None
    return turns(tree.steps(latest), rows, lambda text: Markup("<p>{}</p>").format(text))


def said(id: int, parent: int, **fields: object) -> MessageRow:
    return message_row(id, parent, str(fields.get("role", "assistant")), body=json.dumps(fields).encode())


def test_what_a_tool_returned_stands_with_its_call() -> None:
    messages = chain("user", "assistant", "tool", "assistant")
    found = shown(Rows(messages, calls=[call_row()]))
    assert [turn.id for turn in found] == [1, 2, 4]
    (use,) = found[1].uses
    assert use.result is not None
    assert use.result.text == "message 3"
    assert use.call.ok is True


def test_a_result_without_its_call_stands_by_itself() -> None:
    found = shown(Rows(chain("user", "tool")))
    assert [turn.look for turn in found] == ["user", "tool"]
    assert found[1].words.html is None


def test_a_call_without_a_result_says_so() -> None:
    (_, turn) = shown(Rows(chain("user", "assistant"), calls=[call_row(result=0)]))
    assert turn.uses[0].result is None


def test_a_strange_role_has_a_look_that_is_known() -> None:
    (turn,) = shown(Rows([message_row(1, 0, "'><script>", "x")]))
    assert (turn.role, turn.look) == ("'><script>", "other")


def test_a_system_prompt_stands_where_it_changed() -> None:
    exchanges = [exchange_row(answer=2, tip=1, system=b"s")]
    found = shown(Rows(chain("user", "assistant"), exchanges=exchanges, systems={b"s": b"Be brief."}))
    assert [turn.system.text if turn.system else None for turn in found] == ["Be brief.", None]


def test_failures_stand_behind_what_was_asked_and_answers_with_their_exchange() -> None:
    failed = exchange_row(id=id_of(7), tip=1, answer=0, ending="upstream_error")
    found = shown(Rows(chain("user", "assistant"), exchanges=[failed, exchange_row()]))
    assert found[0].failed == (failed,)
    assert found[1].answered == (exchange_row(),)


def test_another_choice_of_a_reply_tells_of_its_exchange() -> None:
    exchange = exchange_row(id=id_of(100), answer=9)
    (turn,) = shown(Rows([message_row(1, 0, "assistant", "b")], exchanges=[exchange]))
    assert turn.answered == (exchange,)


def test_other_ways_are_told_with_how_they_begin() -> None:
    messages = [message_row(1, 0, "user", "a"), message_row(2, 1, "user", "b"), message_row(3, 1, "user", "c")]
    found = shown(Rows(messages))
    assert [(way.number, way.preview) for way in found[-1].ways] == [(1, "b")]


def test_thoughts_refusals_and_images_are_told_apart() -> None:
    parts = [{"type": "image_url", "image_url": {"url": "https://a.example/x"}}, {"type": "input_audio"}]
    rows = [said(1, 0, role="user", content=parts), said(2, 1, role="assistant", reasoning="Hm.", refusal="No.")]
    first, second = shown(Rows(rows))
    assert [picture.address for picture in first.pictures] == ["https://a.example/x"]
    assert first.kinds == ("input_audio",)
    assert (second.thoughts, second.refusal) == ("Hm.", "No.")


def test_a_long_text_is_cut() -> None:
    (turn,) = shown(Rows([message_row(1, 0, "user", "x" * (LONGEST + 1))]))
    assert turn.words.cut
    assert len(turn.words.text) == LONGEST


def test_a_message_that_is_gone_is_passed_over() -> None:
    tree = Tree([Twig(1, 0)])
    latest = tree.latest()
    assert latest is not None
    assert turns(tree.steps(latest), Rows(()), lambda _: None) == []


def test_how_it_ended_is_told_where_it_was_not_well() -> None:
    assert ending(exchange_row()) == ""
    assert ending(exchange_row(ending="client_gone")) == "the client left before the end"
    assert ending(exchange_row(ending="odd")) == "odd"
    assert (finish(exchange_row()), finish(exchange_row(finish_reason="length"))) == ("", "length")
