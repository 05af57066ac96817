"""Anthropic's replies, plain and streamed, read from bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from proxy.dialects.anthropic import Anthropic
from proxy.dialects.anthropic_message import read_answer
from proxy.messages import Message, Part, Reply, ReplyError, Role, ToolCall, Usage
from proxy.sse import EventStream

WIRE = Path(__file__).parent.parent / "wire"
ANTHROPIC = Anthropic()
USAGE = Usage(prompt=2125, completion=15, cached=2000, cache_written=100, cache_kept=40)


def streamed(name: str) -> Reply:
    stream, assembler = EventStream(), ANTHROPIC.assembler()
    for event in [*stream.feed((WIRE / f"anthropic_{name}.sse").read_bytes()), *stream.close()]:
        assembler.feed(event.data)
    return assembler.reply()


def fed(*events: Any) -> Reply:
    assembler = ANTHROPIC.assembler()
    for event in events:
        assembler.feed(event if isinstance(event, bytes) else json.dumps(event).encode())
    return assembler.reply()


def blocks(reply: Reply) -> Any:
    return json.loads(b"[" + reply.choices[0].body + b"]")


def plain(**fields: Any) -> Reply:
    return ANTHROPIC.read_reply(json.dumps(fields).encode(), 200)


# Plain replies


def test_a_plain_reply_keeps_the_verbatim_bytes_of_its_blocks() -> None:
    wire = (WIRE / "anthropic_plain.json").read_bytes()
    reply = ANTHROPIC.read_reply(wire, 200)
    (choice,) = reply.choices
    assert (reply.id, reply.model, reply.complete, reply.reassembled) == ("msg_1", "claude-x", True, False)
    assert wire.count(choice.body) == 1
    assert b'"signature":"EqQB=="' in choice.body
    call = ToolCall("toolu_1", "add", '{"big":123456789012345678901234567890}')
    assert choice.message == Message(Role.ASSISTANT, (Part("text", "Hé"),), (call,), reasoning="Let me see.")
    assert (choice.finish_reason, reply.usage) == ("tool_use", replace(USAGE, reasoning=7))


def test_a_reply_may_say_nothing() -> None:
    reply = plain(content=[], stop_reason="end_turn")
    assert [(choice.body, choice.message) for choice in reply.choices] == [(b"", Message(Role.ASSISTANT))]
    assert not reply.malformed


def test_a_reply_that_only_a_patient_reader_takes_is_read() -> None:
    reply = ANTHROPIC.read_reply(b'{"content":[ {"type":"text","text":"\\ud83d","x":1e400} ],"stop_reason":null}', 200)
    assert reply.choices[0].body == b'{"type":"text","text":"\\ud83d","x":1e400}'
    assert (reply.choices[0].message.text, reply.choices[0].finish_reason) == ("\ufffd", None)


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (None, None),
        ({}, None),
        ({"input_tokens": True, "output_tokens": -1}, None),
        ({"input_tokens": 12.0}, Usage(prompt=12)),
        ({"input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 5}, Usage(7, 5, 4)),
        ({"cache_creation_input_tokens": 4}, Usage(cache_written=4)),
    ],
)
def test_the_parts_of_a_prompt_are_one_prompt(usage: object, read: Usage | None) -> None:
    assert plain(content=[], usage=usage).usage == read


@pytest.mark.parametrize(
    ("wire", "error"),
    [
        (b'{"type":"error","error":{"type":"t","message":"bad"}}', ReplyError("bad", "t")),
        (b'{"error":{"message":"bad","type":"t","code":"c"}}', ReplyError("bad", "t", "c")),
        (b'{"error":"bad"}', ReplyError("bad")),
        (b'{"error":{"x":1}}', ReplyError('{"x":1}')),
        (b'{"error":[1]}', ReplyError("1")),
        (b'{"error":null,"message":"bad"}', ReplyError("bad")),
        (b"<html>" + b"x" * 5000, ReplyError("<html>" + "x" * 2042)),
        (b"[" * 100_000, ReplyError("[" * 2048)),
        (b"7", ReplyError("7")),
        (b"", ReplyError("")),
    ],
)
def test_an_error_body_of_any_shape_is_told(wire: bytes, error: ReplyError) -> None:
    reply = ANTHROPIC.read_reply(wire, 529)
    assert (reply.error, reply.complete, reply.choices) == (error, True, ())


@pytest.mark.parametrize("wire", [b"", b"<html>", b"{}", b"7", b'{"content":null}', b'{"content":"x"}'])
def test_a_success_that_answers_nothing_readable_is_malformed(wire: bytes) -> None:
    reply = ANTHROPIC.read_reply(wire, 200)
    assert (reply.malformed, reply.error, reply.choices) == (True, None, ())


def test_blocks_that_say_nothing_are_an_empty_answer() -> None:
    assert read_answer(b"{") == Message(Role.ASSISTANT)


# Streams


def test_a_stream_becomes_the_blocks_of_a_plain_reply() -> None:
    reply = streamed("text")
    assert blocks(reply) == [{"type": "text", "text": "Héllo wörld\u2028\U0001f600"}]
    assert (reply.id, reply.model, reply.complete, reply.reassembled) == ("msg_1", "claude-x", True, True)
    assert (reply.choices[0].finish_reason, reply.usage, reply.malformed) == ("end_turn", USAGE, False)


@pytest.mark.parametrize("name", ["padded", "grammar_crlf"])
def test_a_stream_may_be_laid_out_otherwise(name: str) -> None:
    reply = streamed(name)
    assert (reply.choices[0].message.text, reply.complete, reply.malformed) == ("Hi", True, False)


def test_thinking_comes_back_with_its_signature_and_calls_with_their_input() -> None:
    reply = streamed("tools")
    signature = "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk=="
    assert blocks(reply) == [
        {"type": "thinking", "thinking": "Let me see.", "signature": signature},
        {"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix"},
        {"type": "text", "text": "I look."},
        {
            "type": "tool_use",
            "id": "toolu_01A09q90qw90lq917835lq9",
            "name": "get_weather",
            "input": {"city": "Paris", "n": 1.0},
        },
        {"type": "tool_use", "id": "toolu_02", "name": "now", "input": {}},
    ]
    message = reply.choices[0].message
    assert (message.reasoning, message.text, message.role) == ("Let me see.", "I look.", Role.ASSISTANT)
    assert [call.arguments for call in message.tool_calls] == ['{"city":"Paris","n":1.0}', "{}"]
    assert (reply.choices[0].finish_reason, (reply.usage or USAGE).reasoning) == ("tool_use", 7)


def test_citations_and_blocks_of_other_kinds_are_kept() -> None:
    found = blocks(streamed("citations"))
    assert [block["type"] for block in found] == ["text", "server_tool_use", "web_search_tool_result", "text"]
    assert found[0]["citations"] == [{"type": "char_location", "cited_text": "green", "document_index": 0}]
    assert found[1]["input"] == {"query": "sky"}
    assert found[2]["content"][0]["encrypted_content"] == "Eq"


def test_a_stream_that_breaks_off_tells_what_came_and_not_how_much_was_written() -> None:
    reply = streamed("cut")
    assert (reply.choices[0].message.text, reply.complete, reply.error) == ("Half", False, None)
    assert reply.usage == replace(USAGE, completion=None)


def test_a_call_that_breaks_off_keeps_its_text() -> None:
    (call,) = streamed("tools_cut").choices[0].message.tool_calls
    assert (call.name, call.arguments) == ("get_weather", '{"city": "Par')


def test_an_error_in_mid_stream_is_told_with_what_came_before() -> None:
    reply = streamed("error")
    assert (reply.error, reply.complete) == (ReplyError("Overloaded", "overloaded_error"), False)
    assert reply.choices[0].message.text == "Half"


def test_an_error_of_another_shape_is_told_too() -> None:
    reply = fed({"error": {"message": "bad", "type": "t"}}, {"type": "error", "error": "later"})
    assert (reply.error, reply.choices, reply.malformed) == (ReplyError("bad", "t"), (), False)


def test_what_makes_no_sense_is_passed_over_and_what_comes_after_the_end_is_no_part_of_it() -> None:
    reply = streamed("garbage")
    assert (reply.choices[0].message.text, reply.malformed, reply.complete) == ("Hi", True, True)
    assert blocks(reply)[0] == {"type": "text", "text": "Hi", "later": "kept"}


def test_blocks_whose_beginning_was_lost_are_still_blocks() -> None:
    reply = streamed("lost_beginning")
    assert [block["type"] for block in blocks(reply)] == ["thinking", "text", "tool_use"]
    assert (reply.usage, reply.complete) == (Usage(completion=15), True)


def test_an_answer_may_be_empty() -> None:
    reply = streamed("empty")
    assert [(choice.body, choice.finish_reason) for choice in reply.choices] == [(b"", "end_turn")]


def test_a_stream_may_end_before_it_said_anything() -> None:
    reply = fed({"type": "ping"}, b"", {"type": "message_start"})
    assert (reply.choices, reply.complete, reply.malformed, reply.usage) == ((), False, False, None)


def test_halves_of_a_character_in_two_pieces_are_one_again() -> None:
    halves = ({"type": "text_delta", "text": half} for half in ("\ud83d", "\ude00"))
    reply = fed(*({"type": "content_block_delta", "index": 0, "delta": half} for half in halves))
    assert reply.choices[0].message.text == "\U0001f600"


def test_halves_of_a_character_in_a_calls_input_are_one_again() -> None:
    pieces = ('{"x":"\ud83d', '\ude00"}')
    deltas = ({"type": "input_json_delta", "partial_json": piece} for piece in pieces)
    reply = fed(*({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas))
    assert reply.choices[0].message.tool_calls[0].arguments == '{"x":"\U0001f600"}'
