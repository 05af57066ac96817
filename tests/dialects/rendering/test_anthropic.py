"""Anthropic's messages written anew are read as what was recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.dialects.anthropic_message import read_answer
from proxy.messages import Usage
from tests.dialects.rendering.retold import assembled, both, payloads, told

USED = Usage(prompt=9, completion=4, cached=3, cache_written=2)
TEXT = {"type": "text", "text": "Two words.\n\nAnd  more é 漢字 "}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "it", "deep": [1, 2.5, None]}}
ANSWERS: list[list[dict[str, Any]]] = [
    [TEXT],
    [{"type": "thinking", "thinking": "Let me think.", "signature": "c2lnbmVk"}, TEXT, CALL, {**CALL, "input": {}}],
    [{"type": "redacted_thinking", "data": "ZGFyaw=="}, {"type": "text", "text": ""}],
    [{"type": "text", "text": "See.", "citations": [{"type": "char_location", "cited_text": "x"}]}],
    [{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "whales"}}],
    [{"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"type": "web_search_result", "url": "u"}]}],
    [{**CALL, "input": '{"at": "i'}],
    [],
]


def spelt(blocks: list[dict[str, Any]]) -> str:
    return ",".join(map(json.dumps, blocks))


@pytest.mark.parametrize("blocks", ANSWERS, ids=lambda blocks: " ".join(block["type"] for block in blocks) or "none")
def test_a_stream_and_a_plain_reply_say_what_was_said(blocks: list[dict[str, Any]]) -> None:
    for reply in both("anthropic", told(spelt(blocks), usage=USED)):
        assert reply.choices[0].message == read_answer(spelt(blocks).encode())
        assert json.loads(b"[" + reply.choices[0].body + b"]") == blocks
        assert (reply.id, reply.model, reply.complete, reply.usage) == ("id-1", "m", True, USED)


@pytest.mark.parametrize(
    ("given", "blocks", "expected"),
    [("max_tokens", [TEXT], "max_tokens"), ("", [TEXT], "end_turn"), ("", [TEXT, CALL], "tool_use")],
)
def test_the_reason_is_the_recorded_one(given: str, blocks: list[dict[str, Any]], expected: str) -> None:
    for reply in both("anthropic", told(spelt(blocks), finish_reason=given)):
        assert reply.choices[0].finish_reason == expected


def test_text_comes_in_pieces_between_a_start_and_a_stop() -> None:
    kinds = [json.loads(data)["type"] for data in payloads("anthropic", told(spelt([TEXT])))]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert set(kinds[2:-3]) == {"content_block_delta"}
    assert len(kinds[2:-3]) == 6
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]


def test_tokens_that_are_not_known_are_none_of_its_parts() -> None:
    reply = assembled("anthropic", told(spelt([TEXT]), usage=Usage()))
    assert reply.usage == Usage(prompt=0, completion=0)
