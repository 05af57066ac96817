"""A reply as a message of blocks, and as typed events."""

import json
from typing import Any

from proxy.standin.blocks import Head, events
from proxy.standin.faults import WELL_BEHAVED, Faults
from proxy.standin.replies import Choice, Reply, ToolCall, usage

HEAD = Head("s1", "m")
CALL = ToolCall("call_s1_1", "add", '{"a": 1}')


def reply(**said: Any) -> Reply:
    return Reply((Choice(**said),), usage(2000, 9))


def kinds(said: Reply, faults: Faults = WELL_BEHAVED) -> list[str]:
    frames = events(said, HEAD, faults)
    return [str(json.loads(frame.split(b"data: ")[1])["type"]) for frame in frames]


def test_a_message_has_a_block_for_each_thing_that_is_said() -> None:
    message = HEAD.message(reply(text="Hi", reasoning="Hm.", calls=(CALL,)), WELL_BEHAVED)
    assert [block["type"] for block in message["content"]] == ["thinking", "text", "tool_use"]
    assert message["content"][2] == {"type": "tool_use", "id": "toolu_s1_1", "name": "add", "input": {"a": 1}}


def test_the_parts_of_the_prompt_are_counted_apart() -> None:
    told = HEAD.usage(reply(text="Hi"))
    assert (told["input_tokens"], told["cache_read_input_tokens"], told["output_tokens"]) == (80, 1920, 9)
    assert Head("s1", "m", marked=True).usage(reply(text="Hi"))["cache_creation_input_tokens"] == 40


def test_events_come_in_anthropics_order() -> None:
    assert kinds(reply(text="Hi there"), Faults(frames=2)) == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
