"""Chat replies, plain and streamed, read from bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proxy.dialects.chat import Chat
from proxy.messages import Message, Part, Reply, ReplyError, Role, ToolCall, Usage
from proxy.sse import EventStream

WIRE = Path(__file__).parent.parent / "wire"
CHAT = Chat()


def streamed(name: str) -> Reply:
    stream, assembler = EventStream(), CHAT.assembler()
    for event in [*stream.feed((WIRE / name).read_bytes()), *stream.close()]:
        assembler.feed(event.data)
    return assembler.reply()


def chunks(*choices: dict[str, Any], **top: Any) -> Reply:
    assembler = CHAT.assembler()
    for choice in choices:
        assembler.feed(json.dumps({"choices": [choice], **top}).encode())
    return assembler.reply()


def calls(*deltas: dict[str, Any]) -> tuple[ToolCall, ...]:
    return chunks(*({"delta": {"tool_calls": [delta]}} for delta in deltas)).choices[0].message.tool_calls


# Plain replies


def test_a_plain_reply_keeps_the_verbatim_bytes_of_its_messages() -> None:
    reply = CHAT.read_reply((WIRE / "chat_plain.json").read_bytes(), 200)
    wire = '{"role": "assistant", "content": "Hé", "big": 123456789012345678901234567890}'.encode()
    assert (reply.id, reply.model, reply.complete, reply.reassembled) == ("chatcmpl-1", "gpt-x", True, False)
    assert [(choice.body, choice.finish_reason, choice.message.text) for choice in reply.choices] == [
        (wire, "stop", "Hé")
    ]
    assert reply.usage == Usage(prompt=9, completion=4, cached=2, reasoning=1)


def test_a_plain_reply_that_only_a_patient_reader_takes_keeps_its_bytes_too() -> None:
    wire = (
        b'{"choices":[{"index":3,"message":{"content":"\\ud83d","x":1e400},"logprobs":{"content":[]}},{"message":{}}]}'
    )
    reply = CHAT.read_reply(wire, 200)
    assert [choice.index for choice in reply.choices] == [3, 1]
    assert reply.choices[0].body == b'{"content":"\\ud83d","x":1e400}'
    assert (reply.choices[0].message.role, reply.choices[0].message.text) == (Role.ASSISTANT, "\ufffd")
    assert reply.logprobs == b'[{"content":[]},null]'


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (None, None),
        ({}, None),
        ({"prompt_tokens": True, "completion_tokens": -1, "prompt_cache_hit_tokens": "x"}, None),
        ({"prompt_tokens": 12.0}, Usage(prompt=12)),
        ({"prompt_tokens": 0, "prompt_cache_hit_tokens": 5}, Usage(prompt=0, cached=5)),
    ],
)
def test_unknown_usage_is_none_and_never_zero(usage: object, read: Usage | None) -> None:
    assert CHAT.read_reply(json.dumps({"choices": [], "usage": usage}).encode(), 200).usage == read


@pytest.mark.parametrize(
    ("wire", "error"),
    [
        (b'{"error":{"message":"bad","type":"t","code":"c"}}', ReplyError("bad", "t", "c")),
        (b'{"error":{"message":"bad","code":429}}', ReplyError("bad", "", "429")),
        (b'{"error":"bad"}', ReplyError("bad")),
        (b'{"error":["bad"]}', ReplyError("bad")),
        (b'{"error":{"x":1}}', ReplyError('{"x":1}')),
        (b'{"error":true}', ReplyError("true")),
        (b'{"object":"error","message":"bad","type":"t"}', ReplyError("bad", "t")),
        (b'{"message":"bad"}', ReplyError("bad")),
        (b'{"detail":"Not Found"}', ReplyError("Not Found")),
        (b'{"detail":[1]}', ReplyError('{"detail":[1]}')),
        (b"<html>" + b"x" * 5000, ReplyError("<html>" + "x" * 2042)),
        (b"[" * 100_000, ReplyError("[" * 2048)),
        (b"\xff", ReplyError("\ufffd")),
        (b"", ReplyError("")),
    ],
)
def test_an_error_body_of_any_shape_is_told(wire: bytes, error: ReplyError) -> None:
    reply = CHAT.read_reply(wire, 400)
    assert (reply.error, reply.complete, reply.choices) == (error, True, ())


def test_an_error_wrapped_in_a_list_is_found() -> None:
    reply = CHAT.read_reply((WIRE / "chat_error.json").read_bytes(), 400)
    assert reply.error == ReplyError("bad", "INVALID_ARGUMENT", "400")
    assert CHAT.read_reply(b"[{}]", 200).error is None


@pytest.mark.parametrize(
    "wire", [b"", b"<html>", b"{}", b"7", b'{"choices":[null]}', b'{"choices":[{"message":null}]}']
)
def test_a_success_that_answers_nothing_readable_is_malformed(wire: bytes) -> None:
    reply = CHAT.read_reply(wire, 200)
    assert (reply.malformed, reply.error) == (True, None)


# Streams


def test_a_stream_becomes_the_message_of_a_plain_reply() -> None:
    reply = streamed("chat_text.sse")
    text = "Héllo wörld\u2028\U0001f600\nbye"
    assert json.loads(reply.choices[0].body) == {"role": "assistant", "content": text}
    assert (reply.id, reply.model, reply.complete, reply.reassembled) == ("chatcmpl-1", "gpt-x", True, True)
    assert (reply.choices[0].message, reply.choices[0].finish_reason) == (
        Message(Role.ASSISTANT, (Part("text", text),)),
        "stop",
    )
    assert reply.usage == Usage(9, 4, 2, 1)
    assert not reply.malformed


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("chat_tools.sse", [("a", "look", '{"q":"x"}'), ("b", "read", "not json")]),
        ("chat_tools_index_zero.sse", [("a", "look", '{"q":1}'), ("b", "look", '{"q":2}')]),
        ("chat_tools_no_index.sse", [("a", "look", '{"q":1}'), ("b", "read", "{}")]),
        ("chat_tools_drift.sse", [("a", "look", '{"q":1}'), ("b", "read", "{}")]),
        ("chat_tools_no_id.sse", [("", "look", '{"q":1}'), ("", "look", '{"q":2}')]),
        ("chat_function_call.sse", [("", "look", '{"q":1}')]),
    ],
)
def test_calls_find_together_however_they_are_numbered(name: str, found: list[tuple[str, str, str]]) -> None:
    reply = streamed(name)
    assert reply.choices[0].message.tool_calls == tuple(ToolCall(*call) for call in found)
    assert json.loads(reply.choices[0].body)["content"] is None


def test_a_name_that_comes_in_pieces_or_again_and_again_is_one_name() -> None:
    first, second = (
        {"index": 0, "function": {"name": "get_"}},
        {"index": 0, "function": {"name": "it", "arguments": "{"}},
    )
    assert calls(first, second, {"index": 5, "function": {"arguments": {}}}) == (ToolCall("", "get_it", "{{}"),)
    again = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "1 "}}
    assert calls({"id": "a", "function": {"name": "f"}}, again) == (ToolCall("a", "f", "1 "),)


def test_a_named_call_at_a_new_index_is_a_new_call_even_without_an_id() -> None:
    one, two = ({"index": place, "function": {"name": "f", "arguments": "{"}} for place in (0, 1))
    assert len(calls(one, two)) == 2
    assert calls({"function": {"arguments": "{}"}}) == (ToolCall("", "", "{}"),)


def test_a_custom_tools_input_is_kept() -> None:
    first = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "g", "input": "ra"}}
    assert calls(first, {"index": 0, "custom": {"input": "w"}}) == (ToolCall("a", "g", "raw"),)


def test_each_choice_is_a_message_of_its_own_with_its_logprobs() -> None:
    reply = streamed("chat_choices.sse")
    assert [(choice.index, choice.message.text, choice.finish_reason) for choice in reply.choices] == [
        (0, "b", "stop"),
        (1, "AB", "length"),
    ]
    none, both = json.loads(reply.logprobs or b"")
    assert none is None
    assert [token["token"] for token in both["content"]] == ["A", "B"]


def test_surrogates_split_over_chunks_are_one_character() -> None:
    choice = streamed("chat_surrogates.sse").choices[0]
    assert choice.message.text == "\U0001f600 \ufffd nul\ufffd"
    assert json.loads(choice.body)["content"] == "\U0001f600 \ud83d nul\0"


def test_an_error_in_mid_stream_keeps_what_came_before_it() -> None:
    reply = streamed("chat_error.sse")
    assert reply.error == ReplyError("overloaded", "server_error", "529")
    assert (reply.choices[0].message.text, reply.complete) == ("par", False)


def test_a_cut_stream_is_incomplete() -> None:
    reply = streamed("chat_cut.sse")
    assert (reply.choices[0].message.text, reply.choices[0].finish_reason, reply.complete) == ("no end", None, False)
    assert CHAT.assembler().reply() == Reply(reassembled=True)


def test_a_stream_whose_choices_all_ended_is_complete_without_its_closing_event() -> None:
    assert chunks({"delta": {"content": "x"}, "finish_reason": "stop"}).complete


def test_nothing_counts_after_the_closing_event() -> None:
    reply = streamed("chat_after_done.sse")
    assert (reply.choices[0].message.text, reply.error, reply.complete) == ("yes", None, True)
    assembler = CHAT.assembler()
    assert [assembler.feed(data) for data in (b"{}", b"[DONE]", b"[DONE]")] == [False, True, False]


def test_reasoning_sent_under_both_names_is_read_once() -> None:
    reply = streamed("chat_reasoning.sse")
    assert (reply.choices[0].message.reasoning, reply.choices[0].message.text) == ("I think", "so")
    assert list(json.loads(reply.choices[0].body)) == ["role", "content", "reasoning_content", "reasoning"]
    assert reply.usage == Usage(9, 4, 7, 1)


def test_a_refusal_is_no_content() -> None:
    choice = streamed("chat_refusal.sse").choices[0]
    assert (choice.message.refusal, choice.message.text) == ("I can't", "")
    assert json.loads(choice.body) == {"role": "assistant", "content": None, "refusal": "I can't"}


def test_audio_leaves_its_id_and_transcript() -> None:
    choice = streamed("chat_audio.sse").choices[0]
    assert choice.message.parts == (Part("audio", "Hello", "audio_1"),)
    assert b"AAAA" not in choice.body


def test_a_first_chunk_without_choices_and_usage_in_every_chunk_are_taken() -> None:
    reply = streamed("chat_filter_first.sse")
    assert (reply.id, reply.choices[0].message.text, reply.usage) == ("chatcmpl-1", "ok", Usage(9, 4))


def test_events_that_make_no_sense_are_passed_over_and_said_to_be() -> None:
    reply = streamed("chat_garbage.sse")
    assert (reply.choices[0].message.text, reply.malformed) == ("fine", True)
    assembler = CHAT.assembler()
    for data in (b"", b'{"type":"ping"}', b"[]"):
        assembler.feed(data)
    assert not assembler.reply().malformed


def test_deltas_of_content_parts_and_lists_are_joined() -> None:
    thought = {"type": "thinking", "thinking": "hm"}
    note = {"type": "url_citation"}
    choice = chunks(
        {"delta": {"content": [thought, {"type": "text", "text": "a"}], "annotations": [note]}},
        {"delta": {"content": "b", "annotations": [note]}},
    ).choices[0]
    assert (choice.message.reasoning, choice.message.text) == ("hm", "ab")
    assert json.loads(choice.body)["annotations"] == [note, note]


def test_a_whole_message_in_a_stream_counts_where_no_delta_came() -> None:
    whole = {"message": {"role": "assistant", "content": "all"}, "finish_reason": "stop"}
    assert chunks(whole).choices[0].message.text == "all"
    assert chunks({"delta": {"content": "all"}}, whole).choices[0].message.text == "all"


@pytest.mark.parametrize(
    ("data", "alone"),
    [
        (b'{"choices":[],"usage":{"prompt_tokens":1}}', True),
        (b'{"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":1}}', False),
        (b'{"choices":[],"usage":null}', False),
        (b'{"error":{"message":"x"},"usage":{}}', False),
        (b"[DONE]", False),
        (b"", False),
    ],
)
def test_an_event_that_tells_usage_and_nothing_else_is_known(data: bytes, alone: bool) -> None:
    assert CHAT.is_usage_alone(data) is alone
