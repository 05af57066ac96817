"""The neutral values: frozen, equal by content, and honest about what isn't known."""

from __future__ import annotations

import pytest

from proxy.messages import Choice, Message, Part, Reply, Request, Role, ToolCall, Usage


def test_a_messages_text_is_that_of_its_parts() -> None:
    message = Message(Role.USER, (Part("text", "What is "), Part("image", key="a1"), Part("text", "this?")))
    assert message.text == "What is this?"


def test_reasoning_and_tool_calls_are_not_text() -> None:
    message = Message(Role.ASSISTANT, tool_calls=(ToolCall("call_1", "add", "{}"),), reasoning="Hm.", refusal="No.")
    assert message.text == ""


def test_messages_are_equal_by_content() -> None:
    assert Message(Role.USER, (Part("text", "hi"),)) == Message(Role.USER, (Part("text", "hi"),))


def test_parts_are_one_in_a_set_whatever_they_hold() -> None:
    held = Part("image", key="a1", media_type="image/png", data=b"PNG")
    assert {held, Part("image", key="a1")} == {held}
    assert held not in (Part("image", key="a2"), ("image", "", "a1"))


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Message(Role.USER).name = "x"  # type: ignore[misc]


def test_a_role_is_its_word() -> None:
    assert [f"{role}" for role in Role] == ["system", "user", "assistant", "tool", "other"]


def test_usage_is_unknown_until_somebody_tells() -> None:
    assert Usage() == Usage(prompt=None, completion=None, cached=None, reasoning=None)


def test_a_reply_of_which_nothing_came_is_not_complete() -> None:
    reply = Reply()
    assert (reply.choices, reply.usage, reply.error, reply.complete) == ((), None, None, False)


def test_requests_do_not_share_their_ids() -> None:
    def request() -> Request:
        return Request("m", stream=False, raws=(), before=b"", after=b"", separators=())

    first = request()
    first.ids["session_id"] = "monday"
    assert request().ids == {}


def test_a_choice_may_have_no_reason_to_end() -> None:
    assert Choice(0, Message(Role.ASSISTANT), b"{}").finish_reason is None
