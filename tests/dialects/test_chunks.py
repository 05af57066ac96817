"""What chunks of either completions become: choices in the order of their numbers, whatever comes between."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.dialects import DIALECTS
from proxy.dialects.dialect import Assembler


def chunk(dialect: str, text: str, **more: Any) -> bytes:
    """An event that goes on with one choice."""
    piece = {"delta": {"content": text}} if dialect == "chat" else {"text": text}
    return json.dumps({"id": "c-1", "model": "m", "choices": [piece | more]}).encode()


@pytest.fixture(params=["chat", "completions"])
def dialect(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def assembler(dialect: str) -> Assembler:
    return DIALECTS[dialect].assembler()


def test_choices_stand_in_the_order_of_their_numbers(dialect: str, assembler: Assembler) -> None:
    for index, text in ((1, "b"), (0, "a"), (1, "bb")):
        assert not assembler.feed(chunk(dialect, text, index=index))
    reply = assembler.reply()
    assert [(choice.index, choice.message.text) for choice in reply.choices] == [(0, "a"), (1, "bbb")]
    assert (reply.id, reply.model, reply.reassembled) == ("c-1", "m", True)


def test_a_choice_without_a_number_has_that_of_its_place(dialect: str, assembler: Assembler) -> None:
    assembler.feed(chunk(dialect, "a"))
    assert [choice.index for choice in assembler.reply().choices] == [0]


def test_what_comes_after_the_end_is_no_part_of_the_reply(dialect: str, assembler: Assembler) -> None:
    assembler.feed(chunk(dialect, "a"))
    assert assembler.feed(b"[DONE]")
    assert not assembler.feed(chunk(dialect, "b"))
    assert [choice.message.text for choice in assembler.reply().choices] == ["a"]
    assert assembler.reply().complete


def test_a_reply_whose_choices_all_say_why_they_ended_is_complete(dialect: str, assembler: Assembler) -> None:
    assembler.feed(chunk(dialect, "a", index=0, finish_reason="stop"))
    assert assembler.reply().complete
    assembler.feed(chunk(dialect, "b", index=1))
    assert not assembler.reply().complete


@pytest.mark.parametrize("noise", [b"{", b"17", b'"text"'])
def test_what_makes_no_sense_is_passed_over_and_marked(dialect: str, assembler: Assembler, noise: bytes) -> None:
    assembler.feed(chunk(dialect, "a"))
    assembler.feed(noise)
    reply = assembler.reply()
    assert reply.malformed
    assert [choice.message.text for choice in reply.choices] == ["a"]


def test_an_empty_event_is_no_fault(dialect: str, assembler: Assembler) -> None:
    assembler.feed(b" ")
    assert not assembler.reply().malformed


def test_usage_that_comes_last_counts(dialect: str, assembler: Assembler) -> None:
    for tokens in (1, 7):
        usage = {"prompt_tokens": tokens, "completion_tokens": 2}
        assembler.feed(json.dumps({"id": "c", "choices": [], "usage": usage}).encode())
    usage_told = assembler.reply().usage
    assert usage_told is not None
    assert usage_told.prompt == 7
