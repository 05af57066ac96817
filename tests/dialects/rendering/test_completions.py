"""Legacy completions written anew are read as what was recorded."""

from __future__ import annotations

import pytest

from tests.dialects.rendering.retold import USED, both, told


@pytest.mark.parametrize("text", ["Two words.\n\nAnd  more é 漢字 ", " ", ""])
def test_a_stream_and_a_plain_reply_say_what_was_said(text: str) -> None:
    for reply in both("completions", told(text)):
        assert reply.choices[0].message.text == text
        assert (reply.id, reply.model, reply.complete, reply.usage) == ("id-1", "m", True, USED)


def test_the_reason_is_the_first_answers() -> None:
    for reply in both("completions", told("One", "Two", finish_reason="length")):
        assert [choice.message.text for choice in reply.choices] == ["One", "Two"]
        assert [choice.finish_reason for choice in reply.choices] == ["length", "stop"]
