"""Responses, plain and streamed, read from bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proxy.dialects.responses import Responses
from proxy.messages import Part, Reply, ReplyError, Role, ToolCall, Usage
from proxy.sse import EventStream

WIRE = Path(__file__).parent.parent / "wire"
RESPONSES = Responses()
USAGE = Usage(prompt=9, completion=4, cached=2, reasoning=1)


def streamed(name: str) -> Reply:
    stream, assembler = EventStream(RESPONSES.closing), RESPONSES.assembler()
    for event in [*stream.feed((WIRE / name).read_bytes()), *stream.close()]:
        assembler.feed(event.data)
    return assembler.reply()


def events(*told: dict[str, Any]) -> Reply:
    assembler = RESPONSES.assembler()
    for event in told:
        assembler.feed(json.dumps(event).encode())
    return assembler.reply()


def plain(http: int = 200, **fields: Any) -> Reply:
    return RESPONSES.read_reply(json.dumps({"id": "resp_1", "model": "m", **fields}).encode(), http)


def text_of(reply: Reply) -> str:
    return reply.choices[0].message.text


# Plain replies


def test_a_plain_reply_keeps_the_verbatim_span_of_its_items() -> None:
    wire = (WIRE / "responses_plain.json").read_bytes()
    reply = RESPONSES.read_reply(wire, 200)
    (choice,) = reply.choices
    assert choice.body in wire
    assert [item["type"] for item in json.loads(b"[" + choice.body + b"]")] == ["reasoning", "message"]
    assert (reply.id, reply.handle, reply.model, reply.usage) == ("resp_1", "resp_1", "gpt-x", USAGE)
    assert (reply.complete, reply.reassembled, reply.malformed, reply.pending) == (True, False, False, False)
    assert (choice.message.text, choice.message.reasoning, choice.finish_reason) == ("Hé", "Look it up.", "stop")
    assert b"gAAA+/==" in choice.body


@pytest.mark.parametrize("status", ["queued", "in_progress"])
def test_a_response_that_is_still_being_made_has_no_answer_yet(status: str) -> None:
    reply = plain(status=status, output=[{"type": "message", "content": "half"}])
    assert (reply.pending, reply.choices, reply.complete) == (True, (), True)


def test_a_response_says_why_it_ended() -> None:
    call = [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]
    assert plain(status="completed", output=call).choices[0].finish_reason == "tool_calls"
    assert plain(status="cancelled", output=call).choices[0].finish_reason == "cancelled"
    cut = plain(status="incomplete", incomplete_details={"reason": "content_filter"}, output=call)
    assert cut.choices[0].finish_reason == "content_filter"
    assert plain(status="incomplete", output=call).choices[0].finish_reason == "incomplete"
    assert plain(output=call).choices[0].finish_reason is None


def test_a_response_that_failed_is_an_error() -> None:
    error = {"code": "server_error", "message": "It broke."}
    assert plain(status="failed", output=[], error=error).error == ReplyError("It broke.", "", "server_error")
    assert plain(status="failed", output=[]).error == ReplyError("the response failed")
    assert plain(400, error={"message": "bad", "type": "t", "code": "c"}).error == ReplyError("bad", "t", "c")


@pytest.mark.parametrize("wire", [b"", b"[]", b"not json", b"[" * 100_000])
def test_what_is_no_response_is_malformed_or_an_error(wire: bytes) -> None:
    assert RESPONSES.read_reply(wire, 200).malformed
    failed = RESPONSES.read_reply(wire, 502)
    assert (failed.error is not None, failed.malformed, failed.complete) == (True, False, True)


def test_unknown_usage_is_none_and_never_zero() -> None:
    assert plain(output=[], usage=None).usage is None
    assert plain(output=[], usage={"input_tokens": 7, "output_tokens": -1}).usage == Usage(prompt=7)


def test_items_that_answer_a_call_are_the_models_own_in_a_reply() -> None:
    reply = plain(output=[{"type": "shell_call_output", "call_id": "c"}], status="completed")
    assert (reply.choices[0].message.role, reply.choices[0].message.tool_calls) == (Role.ASSISTANT, ())


# Streams


@pytest.mark.parametrize(
    ("name", "text", "reason", "complete"),
    [
        ("responses_text.sse", "Hé there!", "stop", True),
        ("responses_done_after.sse", "Hé there!", "stop", True),
        ("responses_empty_last.sse", "Hé there!", "stop", True),
        ("responses_done_alone.sse", "Hé there!", None, True),
        ("responses_cut.sse", "Hé there!", None, False),
        ("responses_incomplete.sse", "Hé there", "max_output_tokens", True),
        ("responses_deltas_alone.sse", "Hi you", None, False),
        ("responses_surrogates.sse", "😀", None, False),
        ("responses_builtin.sse", "Otters.", "stop", True),
    ],
)
def test_a_stream_is_what_its_events_amount_to(name: str, text: str, reason: str | None, complete: bool) -> None:
    reply = streamed(name)
    assert (text_of(reply), reply.choices[0].finish_reason, reply.complete) == (text, reason, complete)
    assert reply.reassembled


def test_the_last_event_brings_the_items_verbatim_and_the_usage() -> None:
    reply = streamed("responses_builtin.sse")
    assert b'"x":12345678901234567890123' in reply.choices[0].body
    assert [part.kind for part in reply.choices[0].message.parts] == ["web_search_call", "hologram", "text"]
    assert (reply.usage, reply.handle, reply.model) == (USAGE, "resp_1", "gpt-x")


def test_calls_and_reasoning_come_whole_or_as_far_as_they_came() -> None:
    whole, cut = streamed("responses_tools.sse"), streamed("responses_tools_cut.sse")
    call = ToolCall("call_a1b2c3d4", "get_weather", '{"city": "Rome"}')
    assert (whole.choices[0].message.tool_calls, whole.choices[0].finish_reason) == ((call,), "tool_calls")
    assert (whole.choices[0].message.reasoning, b"gAAA+/==" in whole.choices[0].body) == ("Look it up.", True)
    assert cut.choices[0].message.tool_calls == (ToolCall("call_a1b2c3d4", "get_weather", '{"city"'),)
    assert (cut.choices[0].message.reasoning, cut.complete, cut.handle) == ("Look it up.", False, "resp_1")


def test_a_stream_that_failed_keeps_its_error_and_what_came() -> None:
    failed, error = streamed("responses_failed.sse"), streamed("responses_error.sse")
    assert (failed.error, failed.complete) == (ReplyError("It broke.", "", "server_error"), True)
    assert (text_of(failed), failed.choices[0].finish_reason) == ("Hé", "failed")
    assert (error.error, text_of(error), error.complete) == (
        ReplyError("Slow down.", "", "rate_limit_exceeded"),
        "Hé",
        False,
    )


def test_garbage_is_passed_over_and_told() -> None:
    assert streamed("responses_deltas_alone.sse").malformed
    assert not streamed("responses_text.sse").malformed


def test_what_comes_after_the_end_is_no_part_of_the_reply() -> None:
    assembler = RESPONSES.assembler()
    assert assembler.feed(b'{"type":"response.completed","response":{"output":[]}}')
    assert not assembler.feed(b'{"type":"response.output_text.delta","delta":"more"}')
    assert assembler.reply().choices == ()


def test_an_end_without_its_response_is_an_end() -> None:
    assembler = RESPONSES.assembler()
    assembler.feed(b'{"type":"response.output_text.delta","delta":"Hi"}')
    assert assembler.feed(b'{"type":"response.completed"}')
    assert (text_of(assembler.reply()), assembler.reply().complete, assembler.reply().malformed) == ("Hi", True, True)


def test_items_are_told_apart_by_their_names_where_no_index_is() -> None:
    reply = events(
        {"type": "response.output_item.added", "item": {"type": "message", "id": "a"}},
        {"type": "response.output_item.added", "item": {"type": "message", "id": "b"}},
        {"type": "response.output_text.delta", "item_id": "a", "delta": "one "},
        {"type": "response.refusal.delta", "item_id": "b", "delta": "two"},
        {"type": "response.output_text.delta", "item_id": "a", "content_index": 1, "delta": "three "},
    )
    assert reply.choices[0].message.parts == (Part("text", "one "), Part("text", "three "), Part("refusal", "two"))


def test_a_text_that_comes_whole_needs_no_deltas() -> None:
    reply = events(
        {"type": "response.custom_tool_call_input.done", "output_index": 0, "input": "SELECT 1"},
        {"type": "response.reasoning_text.done", "output_index": 1, "text": "hm"},
        {"type": "response.output_text.done", "output_index": 2, "text": None},
        {"type": "response.output_text.delta", "output_index": 2, "delta": 7},
    )
    items = json.loads(b"[" + reply.choices[0].body + b"]")
    assert items == [
        {"type": "custom_tool_call", "input": "SELECT 1"},
        {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "hm"}]},
    ]


def test_an_event_that_only_a_patient_reader_takes_is_read() -> None:
    assembler = RESPONSES.assembler()
    wire = (
        b'{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":"\\ud83d","n":NaN}}'
    )
    assembler.feed(wire)
    assert text_of(assembler.reply()) == "\ufffd"
    assembler.feed(b'["\\ud83d"]')
    assembler.feed(b'{"type":7}')
    assembler.feed(b" ")
    assert assembler.reply().malformed


def test_no_event_tells_usage_alone() -> None:
    assert not RESPONSES.is_usage_alone(b'{"usage":{"input_tokens":1}}')


def test_an_item_that_has_only_begun_is_kept_as_it_was() -> None:
    begun = {"type": "web_search_call", "id": "ws_1"}
    reply = events({"type": "response.output_item.added", "output_index": 0, "item": begun})
    assert json.loads(reply.choices[0].body) == begun
