"""Legacy completions: what is asked and answered, plain and streamed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proxy.dialects import Unparsed, dialect_at
from proxy.dialects.completions import Completions
from proxy.messages import Reply, ReplyError, Usage
from proxy.sse import EventStream

WIRE = Path(__file__).parent.parent / "wire"
LEGACY = Completions()


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "m", **fields}).encode()


def streamed(*pieces: bytes) -> Reply:
    stream, assembler = EventStream(), LEGACY.assembler()
    for piece in pieces:
        for event in stream.feed(piece):
            assembler.feed(event.data)
    for event in stream.close():
        assembler.feed(event.data)
    return assembler.reply()


def texts(reply: Reply) -> list[tuple[int, str, str | None]]:
    return [(choice.index, choice.message.text, choice.finish_reason) for choice in reply.choices]


def test_its_path_is_not_taken_for_that_of_chat() -> None:
    assert dialect_at("/completions") is not dialect_at("/chat/completions")
    found = dialect_at("/completions")
    assert found is not None
    assert (found.name, found.converses) == ("completions", False)


# Requests


def test_a_request_stands_whole_before_the_messages_that_it_has_not() -> None:
    wire = body(prompt="Once", stream=True, stream_options={"include_usage": True}, metadata={"session_id": "s"})
    request = LEGACY.parse(wire)
    assert (request.model, request.stream, request.asks_usage) == ("m", True, True)
    assert (request.before, request.raws, request.after, request.text) == (wire, (), b"", "Once")
    assert request.ids == {"metadata.session_id": "s"}


@pytest.mark.parametrize(
    ("prompt", "text", "tokens"),
    [
        ("Once", "Once", 0),
        (["Once", "Twice"], "Once\nTwice", 0),
        ([1, 2, 3], "", 3),
        ([[1, 2], [3]], "", 3),
        (None, "", 0),
        ({"odd": 1}, "", 0),
    ],
)
def test_a_prompt_is_text_or_tokens_or_several(prompt: object, text: str, tokens: int) -> None:
    request = LEGACY.parse(body(prompt=prompt))
    assert (request.text, request.tokens) == (text, tokens)


@pytest.mark.parametrize("wire", [b"", b"no json", b"7", b"[]", b"{}", b'{"prompt":"a"', b"[" * 100_000])
def test_what_is_no_object_is_unparsed(wire: bytes) -> None:
    with pytest.raises(Unparsed):
        LEGACY.parse(wire)


# Plain replies


def test_a_plain_reply_has_its_texts_and_logprobs() -> None:
    choices = [
        {"text": "a", "index": 1, "logprobs": {"tokens": ["a"]}, "finish_reason": "stop"},
        {"text": "b", "logprobs": None, "finish_reason": None},
    ]
    wire = body(id="cmpl-1", choices=choices, usage={"prompt_tokens": 2, "completion_tokens": 1})
    reply = LEGACY.read_reply(wire, 200)
    assert (reply.id, reply.model, reply.complete, reply.malformed) == ("cmpl-1", "m", True, False)
    assert texts(reply) == [(1, "a", "stop"), (1, "b", None)]
    assert (reply.usage, reply.logprobs) == (Usage(prompt=2, completion=1), b'[{"tokens": ["a"]},null]')


def test_a_reply_without_logprobs_has_none() -> None:
    assert LEGACY.read_reply(body(choices=[{"text": ""}]), 200).logprobs is None


@pytest.mark.parametrize("wire", [b"", b"no json", b"{}", b"7"])
def test_what_is_no_reply_is_malformed(wire: bytes) -> None:
    assert LEGACY.read_reply(wire, 200).malformed


def test_an_error_is_told_in_any_shape() -> None:
    told = LEGACY.read_reply(b'{"error":{"message":"no","type":"t","code":7}}', 400)
    assert (told.error, told.malformed) == (ReplyError("no", "t", "7"), False)
    assert LEGACY.read_reply(b"Bad gateway", 502).error == ReplyError("Bad gateway")


# Streams


def test_a_stream_becomes_its_texts() -> None:
    reply = streamed((WIRE / "completions_text.sse").read_bytes())
    assert texts(reply) == [(0, " there was", "stop"), (1, " 😀é", "length")]
    assert (reply.id, reply.model, reply.usage) == ("cmpl-1", "gpt-3.5-turbo-instruct", Usage(prompt=3, completion=4))
    assert (reply.complete, reply.reassembled, reply.malformed) == (True, True, False)
    first = json.loads(reply.logprobs or b"")[0]
    assert (first["tokens"], first["text_offset"]) == ([" there", " was"], [4, 10])


def test_a_stream_reads_the_same_wherever_it_is_cut() -> None:
    wire = (WIRE / "completions_text.sse").read_bytes()
    whole = streamed(wire)
    assert streamed(*(wire[at : at + 1] for at in range(len(wire)))) == whole
    assert all(streamed(wire[:at], wire[at:]) == whole for at in range(len(wire)))


def test_an_error_in_mid_stream_is_told_and_what_makes_no_sense_is_marked() -> None:
    reply = streamed((WIRE / "completions_error.sse").read_bytes())
    assert texts(reply) == [(0, "So", None)]
    assert reply.error == ReplyError("overloaded", "server_error", "503")
    assert (reply.complete, reply.malformed) == (False, True)


@pytest.mark.parametrize(("data", "malformed"), [(b"{", True), (b" ", False)])
def test_bytes_that_are_no_json_are_passed_over(data: bytes, malformed: bool) -> None:
    assembler = LEGACY.assembler()
    assert not assembler.feed(data)
    assert assembler.reply().malformed is malformed


def test_the_closing_event_closes_once() -> None:
    assembler = LEGACY.assembler()
    assert [assembler.feed(data) for data in (b"[DONE]", b"[DONE]", b"{")] == [True, False, False]


def test_odd_members_are_passed_over() -> None:
    reply = streamed(b'data: {"choices":[{"index":"x","text":7,"logprobs":{"tokens":"x"},"finish_reason":"stop"}]}\n\n')
    assert (texts(reply), reply.logprobs, reply.complete) == ([(0, "", "stop")], None, True)


def test_a_chunk_that_tells_usage_alone_is_known() -> None:
    assert LEGACY.is_usage_alone(b'{"choices":[],"usage":{"prompt_tokens":1}}')
    assert not LEGACY.is_usage_alone(b'{"choices":[{"text":"a"}]}')
