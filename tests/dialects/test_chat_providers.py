"""How providers differ in what they call OpenAI-compatible: a stream of each, with its quirks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxy.dialects.chat import Chat
from proxy.messages import Reply, ReplyError, Usage
from proxy.sse import EventStream

WIRE = Path(__file__).parent.parent / "wire"
CHAT = Chat()


def streamed(name: str) -> Reply:
    stream, assembler = EventStream(), CHAT.assembler()
    for event in [*stream.feed((WIRE / name).read_bytes()), *stream.close()]:
        assembler.feed(event.data)
    return assembler.reply()


def failed(name: str, status: int) -> ReplyError | None:
    return CHAT.read_reply((WIRE / name).read_bytes(), status).error


def calls(reply: Reply) -> list[tuple[str, str, str]]:
    return [(call.id, call.name, call.arguments) for call in reply.choices[0].message.tool_calls]


@pytest.mark.parametrize(
    ("name", "identity", "model", "text", "finish_reason"),
    [
        ("chat_azure.sse", "chatcmpl-az1", "gpt-4o-2024-08-06", "Hello there", "stop"),
        ("chat_openrouter.sse", "gen-1", "openai/gpt-4o-mini", "Hi!", "stop"),
        ("chat_ollama.sse", "chatcmpl-7", "qwen3:8b", "", "tool_calls"),
        ("chat_ollama_bare.sse", "", "llama3.1", "", "load"),
        ("chat_vllm.sse", "chatcmpl-v1", "Qwen/Qwen3-8B", "Yes", "stop"),
        ("chat_gemini.sse", "gm-1", "gemini-3.1-flash", "", "stop"),
        ("chat_anthropic.sse", "msg_01XyZ", "claude-sonnet-4-5-20250929", "Good day.", "stop"),
    ],
)
def test_a_stream_of_each_is_one_whole_answer(
    name: str, identity: str, model: str, text: str, finish_reason: str
) -> None:
    reply = streamed(name)
    (choice,) = reply.choices
    assert (reply.id, reply.model, choice.message.text, choice.finish_reason) == (identity, model, text, finish_reason)
    assert (reply.complete, reply.malformed, reply.error) == (True, False, None)


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("chat_azure.sse", Usage(prompt=9, completion=3, cached=0, reasoning=0)),
        ("chat_openrouter.sse", Usage(prompt=14, completion=2, cached=4, reasoning=1, cost=140_000)),
        ("chat_ollama.sse", None),
        ("chat_vllm.sse", Usage(prompt=7, completion=4)),
        ("chat_gemini.sse", Usage(prompt=30, completion=12)),
        ("chat_anthropic.sse", Usage(prompt=10, completion=5)),
        ("chat_groq.sse", Usage(prompt=43, completion=2)),
        ("chat_moonshot.sse", Usage(prompt=19, completion=13, cached=19)),
        ("chat_llamacpp.sse", Usage(prompt=237, completion=35, cached=236)),
    ],
)
def test_usage_is_the_last_that_was_told(name: str, usage: Usage | None) -> None:
    assert streamed(name).usage == usage


@pytest.mark.parametrize("name", ["chat_openrouter.sse", "chat_ollama.sse", "chat_vllm.sse"])
def test_thoughts_are_read_under_any_name(name: str) -> None:
    assert streamed(name).choices[0].message.reasoning in {"Hm.", "Hmm.", "Two calls."}


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("chat_ollama.sse", ["call_a1b2c3d4", "call_e5f6g7h8"]),
        ("chat_ollama_bare.sse", ["", ""]),
        ("chat_gemini.sse", ["call_297140", "call_297141"]),
    ],
)
def test_calls_are_told_apart_without_a_good_index(name: str, ids: list[str]) -> None:
    arguments = ['{"city":"Oslo"}', '{"city":"Rome"}']
    assert calls(streamed(name)) == [(one, "get_time", text) for one, text in zip(ids, arguments, strict=True)]


def test_geminis_signatures_are_kept_with_the_call_and_with_the_message() -> None:
    body = json.loads(streamed("chat_gemini.sse").choices[0].body)
    assert body["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "EjQKMg=="}}
    assert "extra_content" not in body["tool_calls"][1]
    assert body["extra_content"] == {"google": {"thought_signature": "QUJD"}}


def test_openrouters_reasoning_details_are_kept() -> None:
    body = json.loads(streamed("chat_openrouter.sse").choices[0].body)
    assert [detail["type"] for detail in body["reasoning_details"]] == ["reasoning.text"]


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("chat_openrouter_error.sse", "Once", ReplyError("Provider disconnected", "", "502")),
        ("chat_groq_error.sse", "One", ReplyError("over_capacity")),
        ("chat_framework_error.sse", "par", ReplyError("the worker died", "", "500")),
    ],
)
def test_an_error_in_mid_stream_is_told_beside_what_came(name: str, text: str, error: ReplyError) -> None:
    reply = streamed(name)
    assert (reply.choices[0].message.text, reply.error) == (text, error)


def test_an_error_of_minimax_is_one_whatever_its_status() -> None:
    assert failed("chat_minimax_error.json", 200) == ReplyError("insufficient balance", "", "1008")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("chat_azure_filtered.json", ("The response was filtered due to the prompt", "", "content_filter")),
        ("chat_gemini_error.json", ("Function call is missing a thought_signature.", "INVALID_ARGUMENT", "400")),
        ("chat_anthropic_error.json", ("model: claude-0", "invalid_request_error", "invalid_request_error")),
    ],
)
def test_an_error_of_each_is_read(name: str, error: tuple[str, str, str]) -> None:
    told = failed(name, 400)
    assert told is not None
    assert told.message.startswith(error[0])
    assert (told.type, told.code) == error[1:]
