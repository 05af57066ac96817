"""Counts equal tiktoken's, need no network, and survive whatever text and JSON a client sends."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from types import FunctionType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy import tokens
from proxy.tokens import (
    AUDIO_TOKENS,
    FILE_TOKENS,
    REPLY_OVERHEAD,
    ROLES,
    Tokenizer,
    encoding_for,
    message_tokens,
    pieces,
    spread,
    tools_tokens,
)
from proxy.vocabularies import VOCABULARIES, Vocabulary, emit, pack, unpack

COOKBOOK_MESSAGES: list[dict[str, Any]] = [
    {
        "role": "system",
        "content": "You are a helpful, pattern-following assistant that translates corporate jargon"
        " into plain English.",
    },
    {"role": "system", "name": "example_user", "content": "New synergies will help drive top-line growth."},
    {"role": "system", "name": "example_assistant", "content": "Things working well together will increase revenue."},
    {
        "role": "system",
        "name": "example_user",
        "content": "Let's circle back when we have more bandwidth to touch base on opportunities"
        " for increased leverage.",
    },
    {
        "role": "system",
        "name": "example_assistant",
        "content": "Let's talk later when we're less busy about how to do better.",
    },
    {
        "role": "user",
        "content": "This late pivot means we don't have time to boil the ocean for the client deliverable.",
    },
]
COOKBOOK_TOOL_MESSAGES: list[dict[str, Any]] = [
    {
        "role": "system",
        "content": "You are a helpful assistant that can answer to questions about the weather.",
    },
    {"role": "user", "content": "What's the weather like in San Francisco?"},
]
COOKBOOK_TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "get_current_weather",
            "description": "Get the current weather in a given location",
            "parameters": {
                "type": "object",
                "properties": {
                    "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                    "unit": {
                        "type": "string",
                        "description": "The unit of temperature to return",
                        "enum": ["celsius", "fahrenheit"],
                    },
                },
                "required": ["location"],
            },
        },
    }
]

CL100K_MODELS = [
    "gpt-4",
    "gpt-4-0613",
    "gpt-4-turbo",
    "GPT-4-32k",
    "openai/gpt-4-turbo",
    "ft:gpt-4:acme::1",
    "gpt-3.5-turbo",
    "gpt-35-turbo",
    "ft:gpt-3.5-turbo:acme::1",
    "text-embedding-3-small",
    "text-embedding-ada-002",
]
O200K_MODELS = [
    "gpt-4o",
    "gpt-4o-mini",
    "chatgpt-4o-latest",
    "gpt-4.1",
    "gpt-4.5-preview",
    "gpt-5",
    "o3",
    "gpt-oss-20b",
    "claude-sonnet-4-5",
    "llama3",
    "openai/gpt-4o",
    "ft:gpt-4o:acme::1",
    "my-gpt-4",
]

EACH_VOCABULARY = pytest.mark.parametrize("vocabulary", VOCABULARIES.values(), ids=VOCABULARIES.keys())

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(
            ["role", "content", "source", "data", "name", "tool_calls", "function", "arguments", "type", "text",
             "image_url", "url", "parameters", "properties", "enum", "items", "description", "x"]
        ),
        inner | st.sampled_from(["text", "image_url", "image", "input_audio", "file", "document", "tool_use"]),
    ),
    max_leaves=20,
)  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer()


def request_tokens(messages: list[dict[str, Any]], count: Callable[[str], int]) -> int:
    return sum(message_tokens(message, count) for message in messages) + REPLY_OVERHEAD


def pinned(name: str) -> dict[str, Any]:
    """tiktoken's own definition of an encoding; its download answers with the hash that it would have checked."""

    def hash_only(_url: str, expected_hash: str) -> str:
        return expected_hash

    constructor = import_module("tiktoken_ext.openai_public").ENCODING_CONSTRUCTORS[name]
    namespace = {**constructor.__globals__, "load_tiktoken_bpe": hash_only}
    definition: dict[str, Any] = FunctionType(constructor.__code__, namespace)()
    return definition


@EACH_VOCABULARY
def test_the_ranks_have_the_hash_that_tiktoken_pins(vocabulary: Vocabulary) -> None:
    digest = hashlib.sha256(emit(list(vocabulary.ranks()))).hexdigest()
    assert digest == vocabulary.sha256 == pinned(vocabulary.name)["mergeable_ranks"]


@EACH_VOCABULARY
def test_the_constants_are_those_of_tiktoken(vocabulary: Vocabulary) -> None:
    definition = pinned(vocabulary.name)
    assert vocabulary.pattern == definition["pat_str"]
    assert vocabulary.special_tokens == definition["special_tokens"]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=255), max_size=50))
def test_what_is_packed_unpacks(ranked: list[bytes]) -> None:
    assert unpack(pack(ranked)) == ranked
    assert pack(ranked) == pack(ranked)


def test_counting_opens_no_connection() -> None:
    script = """
import socket, sys
def refuse(*_, **__): raise AssertionError("a connection was opened")
socket.socket.connect = socket.getaddrinfo = refuse
from proxy.tokens import Tokenizer
tokenizer = Tokenizer()
assert tokenizer.count("hello world") == tokenizer.count("hello world", "gpt-4") == 2
"""
    subprocess.run([sys.executable, "-c", script], check=True, env={"PYTHONPATH": ":".join(sys.path)})


@pytest.mark.parametrize("model", CL100K_MODELS)
def test_models_of_the_older_vocabulary(model: str) -> None:
    assert encoding_for(model) == "cl100k_base"


@pytest.mark.parametrize("model", [None, "", *O200K_MODELS])
def test_all_other_models_count_with_the_present_vocabulary(model: str | None) -> None:
    assert encoding_for(model) == "o200k_base"


def test_an_encoding_is_built_once_for_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []

    def build(name: str) -> Any:
        built.append(name)
        return original(name)

    original = tokens._build
    monkeypatch.setattr(tokens, "_build", build)
    shared = Tokenizer()
    with ThreadPoolExecutor(8) as pool:
        encodings = list(pool.map(shared.load, ["cl100k_base"] * 8))
    assert built == ["cl100k_base"]
    assert all(encoding is encodings[0] for encoding in encodings)


def test_a_vocabulary_that_does_not_ship_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Tokenizer().load("r50k_base")


def test_text_that_looks_like_a_special_token_is_text(tokenizer: Tokenizer) -> None:
    assert tokenizer.count("<|endoftext|>") > 1


def test_nothing_is_no_token(tokenizer: Tokenizer) -> None:
    assert tokenizer.count("") == 0


def test_of_a_text_beyond_all_measure_a_part_is_counted(tokenizer: Tokenizer) -> None:
    text = "Whales sing long songs. " * 60_000 + "\u9be8\u6b4c" * 400_000
    counted, exact = tokenizer.count(text), sum(map(tokenizer.count, pieces(text)))
    assert counted == pytest.approx(exact, rel=0.02)
    assert sum(map(len, spread(text))) < len(text) / 2


@pytest.mark.parametrize("unit", [" ", "\n", "\t", "a", "你", "\u0301", "=", "\x00", "\u3000", "\r\n", "😀"])
def test_a_million_of_the_same_character_are_counted(tokenizer: Tokenizer, unit: str) -> None:
    assert tokenizer.count(unit * 1_000_000) > 0
    assert tokenizer.count(unit * 1_000_000, "gpt-4") > 0


def test_lone_surrogates_are_counted(tokenizer: Tokenizer) -> None:
    assert tokenizer.count("half \ud83d of one") == tokenizer.count("half \ufffd of one")


def test_cutting_a_long_text_does_not_change_its_count(tokenizer: Tokenizer) -> None:
    text = "".join(f"def function_{n}(value):\n    return value * {n}  # as it is, 你好 \n\n" for n in range(3000))
    whole = len(tokenizer.load("o200k_base").encode_ordinary(text))
    assert abs(tokenizer.count(text) - whole) <= whole * 0.00004


@given(st.text(alphabet=" \nab"), st.integers(1, 9))
def test_pieces_are_bounded_and_join_to_the_text(text: str, limit: int) -> None:
    cut = list(pieces(text, limit))
    assert "".join(cut) == text
    assert max(map(len, cut)) <= limit


def test_pieces_end_before_a_space_or_after_a_newline() -> None:
    assert list(pieces("one two three", 8)) == ["one two", " three"]
    assert list(pieces("one\ntwo\nthree", 9)) == ["one\ntwo\n", "three"]
    assert list(pieces("onetwothree", 4)) == ["onet", "woth", "ree"]


@pytest.mark.parametrize(("model", "expected"), [("gpt-4", 129), ("gpt-4o", 124)])
def test_the_cookbook_messages(tokenizer: Tokenizer, model: str, expected: int) -> None:
    assert request_tokens(COOKBOOK_MESSAGES, partial(tokenizer.count, model=model)) == expected


@pytest.mark.parametrize(("model", "expected"), [("gpt-4", 105), ("gpt-4o", 101)])
def test_the_cookbook_tools(tokenizer: Tokenizer, model: str, expected: int) -> None:
    count = partial(tokenizer.count, model=model)
    messages = request_tokens(COOKBOOK_TOOL_MESSAGES, count)
    assert messages + tools_tokens(COOKBOOK_TOOLS, count, encoding_for(model)) == expected


def test_parts_count_as_the_text_that_they_hold() -> None:
    parts = [{"type": "text", "text": "abc"}, {"type": "refusal", "refusal": "de"}, "f"]
    assert message_tokens({"content": parts}, len) == message_tokens({"content": "abcdef"}, len) == 3 + 6


def test_a_tool_call_counts_its_name_and_arguments_but_not_its_id() -> None:
    calls = [{"id": "call_123", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}}]
    assert message_tokens({"role": "assistant", "content": None, "tool_calls": calls}, len) == 3 + 9 + 4 + 8
    assert message_tokens({"role": "tool", "content": "42", "tool_call_id": "call_123"}, len) == 3 + 4 + 2


@pytest.mark.parametrize(
    "message",
    [
        {"function_call": {"name": "look", "arguments": '{"a": 1}'}},
        {"tool_calls": [{"function": {"name": "look", "arguments": {"a": 1}}}]},
        {"tool_calls": [{"type": "custom", "custom": {"name": "look", "input": "12345678"}}]},
    ],
)
def test_calls_of_other_shapes_count_alike(message: dict[str, Any]) -> None:
    assert message_tokens(message, len) == 3 + 4 + 8


def test_binary_parts_are_never_tokenised() -> None:
    data = "A" * 100_000

    def refuse(text: str) -> int:
        assert len(text) < 100
        return 0

    def part(**fields: Any) -> int:
        return message_tokens({"content": [fields]}, refuse) - 3

    assert part(type="image_url", image_url={"url": f"data:image/png;base64,{data}", "detail": "low"}) == 85
    assert part(type="image_url", image_url={"url": f"data:image/png;base64,{data}"}) == 765
    assert part(type="input_image", image_url=f"data:image/png;base64,{data}", detail="low") == 85
    assert part(type="image", source={"type": "base64", "data": data}) == 765
    assert part(type="input_audio", input_audio={"data": data, "format": "wav"}) == AUDIO_TOKENS
    assert part(type="file", file={"file_data": data}) == FILE_TOKENS
    assert part(type="unheard_of", data=data) == 0


def test_no_tools_add_nothing() -> None:
    assert tools_tokens([], len) == tools_tokens(None, len) == tools_tokens("tools", len) == 0


def test_a_tool_without_parameters_counts_its_line() -> None:
    tool = {"name": "now", "description": "The time."}
    assert tools_tokens([{"function": tool}], len) == tools_tokens([tool], len) == 7 + len("now:The time") + 12


def test_nested_properties_count_like_the_outer_ones() -> None:
    def weight(schema: dict[str, Any]) -> int:
        return tools_tokens([{"name": "f", "parameters": schema}], len) - (7 + len("f:") + 12)

    leaf = {"properties": {"a": {"type": ["string", "null"]}}}
    assert weight(leaf) == 3 + 3 + len("a:string,null:")
    assert weight({"properties": {"b": leaf}}) == weight(leaf) + 3 + 3 + len("b::")
    assert weight({"properties": {"b": {"type": "array", "items": leaf}}}) == weight(leaf) + 3 + 3 + len("b:array:")


def test_a_schema_without_an_end_is_counted_to_a_depth() -> None:
    schema: dict[str, Any] = {}
    schema["properties"] = {"again": schema}
    assert tools_tokens([{"name": "f", "parameters": schema}], len) > 0


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_no_json_is_too_odd_to_count(value: object) -> None:
    assert message_tokens(value, len) >= 0
    assert message_tokens({"content": value, "tool_calls": value, "function_call": value}, len) >= 3
    assert isinstance(tools_tokens([value, {"parameters": value}, {"function": value}], len), int)


def test_the_names_of_roles_are_one_token_each_in_every_vocabulary() -> None:
    tokenizer = Tokenizer()
    for name in ("o200k_base", "cl100k_base"):
        assert {len(tokenizer.load(name).encode_ordinary(role)) for role in ROLES} == {1}


def test_items_of_a_response_are_counted_and_their_base64_is_not() -> None:
    count = partial(Tokenizer().count, model="gpt-4o")
    blob = "iVBORw0KGgo" * 10_000
    call = {"type": "function_call", "call_id": "c", "name": "weather", "arguments": '{"city":"Rome"}'}
    chat = {"role": "assistant", "tool_calls": [{"function": {"name": "weather", "arguments": '{"city":"Rome"}'}}]}
    assert message_tokens(call, count) == message_tokens(chat, count) - count("assistant")
    assert message_tokens("hello", count) == message_tokens({"content": "hello"}, count)
    output = {"type": "function_call_output", "call_id": "c", "output": "sunny"}
    assert message_tokens(output, count) == message_tokens({"content": "sunny"}, count)
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": blob}
    assert message_tokens(thought, count) == message_tokens({"content": "hm"}, count)
    shot = {"type": "computer_screenshot", "image_url": f"data:image/png;base64,{blob}"}
    parts = [
        {"type": "input_image", "image_url": shot["image_url"]},
        {"type": "input_file", "file_data": blob},
        {"type": "input_audio", "input_audio": {"data": blob}},
    ]
    heavy = [
        {"type": "computer_call_output", "call_id": "c", "output": shot},
        {"type": "image_generation_call", "id": "ig_1", "result": blob},
        {"role": "user", "content": parts},
    ]
    assert [message_tokens(item, count) < 5000 for item in heavy] == [True, True, True]
