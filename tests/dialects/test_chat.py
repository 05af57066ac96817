"""Chat requests and their messages, read from bytes."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.dialects import DIALECTS, Dialect, Unparsed, chat_request, dialect_at
from proxy.dialects.chat import Chat
from proxy.messages import Message, Part, Reply, Request, Role, ToolCall

CHAT = Chat()


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}], **fields}).encode()


def rebuilt(request: Request) -> bytes:
    pairs = zip(request.raws, (*request.separators, b""), strict=True) if request.raws else ()
    return request.before + b"".join(raw + separator for raw, separator in pairs) + request.after


def message(**fields: Any) -> Message:
    return CHAT.read_message(json.dumps(fields).encode())


def parts(*content: Any) -> tuple[Part, ...]:
    return message(role="user", content=list(content)).parts


def named(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"


def test_the_registry_finds_a_dialect_by_its_path() -> None:
    chat: Dialect = DIALECTS["chat"]
    assert dialect_at("/v1/chat/completions") is chat
    assert dialect_at("/v1/models") is None


# Requests


def test_a_request_is_read_as_far_as_recording_needs_it() -> None:
    tools = [{"type": "function", "function": {"name": "messages", "parameters": {"messages": [1]}}}]
    request = CHAT.parse(body(stream=True, stream_options={"include_usage": True}, tools=tools))
    assert (request.model, request.stream, request.asks_usage) == ("m", True, True)
    assert request.raws == (b'{"role": "user", "content": "hi"}',)
    assert request.tools == json.dumps(tools).encode()


def test_what_a_request_leaves_out_is_absent() -> None:
    request = CHAT.parse(body(tools=None, stream=None, stream_options={"include_usage": 1}))
    assert (request.stream, request.asks_usage, request.tools, request.ids) == (False, False, None, {})


def test_session_ids_are_those_that_are_nonempty_strings() -> None:
    ids = {"session_id": "a", "litellm_session_id": "b", "conversation": "c", "prompt_cache_key": "d"}
    assert CHAT.parse(body(**ids, metadata={"session_id": "e"})).ids == {"metadata.session_id": "e", **ids}
    assert CHAT.parse(body(conversation={"id": "c"}, metadata="x")).ids == {"conversation": "c"}
    assert CHAT.parse(body(session_id=7, prompt_cache_key="", litellm_session_id=None, metadata={})).ids == {}


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"not json",
        b"7",
        b"[]",
        b'{"model":"m"}',
        b'{"model":7,"messages":[]}',
        b'{"model":"m","messages":{}}',
        b'{"model":"m","messages":["hi"]}',
        b'{"model":"m","messages":[{},null]}',
        b'{"model":"m","messages":[{}]',
        b'{"model":"m","messages":[{}]} x',
        b'{"model":"m","messages":[{}],"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_no_chat_request_is_unparsed(wire: bytes) -> None:
    with pytest.raises(Unparsed):
        CHAT.parse(wire)


@pytest.mark.parametrize(
    ("wire", "raws"),
    [
        (b'{"model":"m","messages":[]}', ()),
        (b'{"model":"m","messages":[ {} , {"a":1}\n]}', (b"{}", b'{"a":1}')),
        (b'{"model":"m","messages":[{},{}, {}]}', (b"{}", b"{}", b"{}")),
        (b'{"model":"m","metadata":{"messages":[{"a":1}]},"messages":[{"a":1}]}', (b'{"a":1}',)),
        (b'{"model":"m","messages":[{"a":1}],"prediction":{"messages":[{"a":1}]}}', (b'{"a":1}',)),
        (b'{"model":"m","messages":[{"a":1}],"messages":[{"a":2}]}', (b'{"a":2}',)),
        (b'{"model":"m","messages":[{"a":1}],"messages":[{"a":1},{"a":1}]}', (b'{"a":1}', b'{"a":1}')),
        (b'{"model":"m","messages":[],"x":[{}],"messages":[{}]}', (b"{}",)),
        (b'{"model":"m","messages":true,"messages":[{}]}', (b"{}",)),
        (b'{"model":"m","mess\\u0061ges":[{}, {}]}', (b"{}", b"{}")),
        (b'{"model":"m","messages":[{"c":"\\ud83d"}],"seed":NaN,"n":' + b"9" * 5000 + b"}", (b'{"c":"\\ud83d"}',)),
        (b'{"model":"m\\ud83d","messages":[{"c":"\xff"}]}', (b'{"c":"\xff"}',)),
    ],
)
def test_the_cut_is_exact_or_not_made(wire: bytes, raws: tuple[bytes, ...]) -> None:
    request = CHAT.parse(wire)
    assert request.raws == raws
    assert rebuilt(request) == wire


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=6)
    | st.sampled_from(["messages", '"messages":[', "}"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["messages", "a", "é"]), inner, max_size=3)
    ),
    max_leaves=6,
)
MESSAGES = st.lists(st.dictionaries(st.sampled_from(["role", "messages"]), JSON, max_size=2), max_size=3)
MEMBERS = st.one_of(
    st.tuples(st.sampled_from(["messages", "metadata", "prediction"]), MESSAGES),
    st.tuples(st.sampled_from(["tools", "x", "stream", "session_id"]), JSON),
)
LAYOUTS = st.tuples(
    st.sampled_from([(",", ":"), (", ", ": "), (" ,\n\t", " :\r\n")]), st.booleans(), st.sampled_from(["", " \n"])
)


def written(members: list[tuple[str, Any]], layout: tuple[tuple[str, str], bool, str]) -> bytes:
    separators, ascii_only, space = layout
    pieces = [
        f"{json.dumps(key)}{separators[1]}{json.dumps(value, separators=separators, ensure_ascii=ascii_only)}"
        for key, value in members
    ]
    return f"{space}{{{space}{separators[0].join(pieces)}{space}}}{space}".encode("utf-8", "replace")


@settings(deadline=None)
@given(st.lists(MEMBERS, max_size=4), MESSAGES, st.lists(MEMBERS, max_size=3), LAYOUTS)
def test_any_request_rebuilds_from_its_pieces(
    first: list[tuple[str, Any]], messages: list[Any], last: list[tuple[str, Any]], layout: Any
) -> None:
    wire = written([*first, ("model", "m"), ("messages", messages), *last], layout)
    request = CHAT.parse(wire)
    assert rebuilt(request) == wire
    assert [json.loads(raw) for raw in request.raws] == json.loads(wire)["messages"]
    assert request == chat_request._request(chat_request._carefully(wire))


# Messages


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("system", Role.SYSTEM),
        ("developer", Role.SYSTEM),
        ("user", Role.USER),
        ("assistant", Role.ASSISTANT),
        ("tool", Role.TOOL),
        ("function", Role.TOOL),
        ("narrator", Role.OTHER),
        (7, Role.OTHER),
    ],
)
def test_every_role_has_its_place(name: object, role: Role) -> None:
    raw = json.dumps({"content": "x", "role": name}).encode()
    assert CHAT.role(raw) is role
    assert CHAT.read_message(raw).role is role


@pytest.mark.parametrize(
    ("content", "text"),
    [("hi", "hi"), (["a", {"type": "text", "text": "b"}, None, ""], "ab"), (None, ""), ("", ""), (5, "5"), ([], "")],
)
def test_content_in_any_shape_has_its_text(content: object, text: str) -> None:
    assert message(role="user", content=content).text == text
    assert message(role="user") == Message(Role.USER)


def test_binary_content_is_named_by_its_hash_and_never_text() -> None:
    png, data = b"\x89PNG", b64encode(b"\x89PNG").decode()
    assert parts({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}) == (
        Part("image_url", "", named(png)),
    )
    assert parts({"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}) == (
        Part("input_audio", "", named(png)),
    )
    assert parts({"type": "file", "file": {"file_data": data, "filename": "x"}}) == (Part("file", "", named(png)),)


def test_content_that_lies_elsewhere_is_named_by_its_address() -> None:
    assert parts({"type": "image_url", "image_url": "https://x/y.png"}) == (Part("image_url", "", "https://x/y.png"),)
    assert parts({"type": "file", "file": {"file_id": "file-1"}}) == (Part("file", "", "file-1"),)


def test_a_data_url_that_is_no_base64_is_named_by_its_text() -> None:
    for url in ("data:image/svg+xml,<svg/>", "data:image/png;base64,!!"):
        assert parts({"type": "image_url", "image_url": {"url": url}}) == (Part("image_url", "", named(url.encode())),)
    odd = "data:image/png;base64,\ud83d"
    assert parts({"type": "image_url", "image_url": odd})[0].key == named(odd.encode("utf-8", "surrogatepass"))


def test_unknown_parts_differ_if_they_differ() -> None:
    first, second, third = parts({"type": "hologram", "x": 1}, {"type": "hologram", "x": 2}, {"text": None})
    assert first.kind == "hologram"
    assert first.key != second.key
    assert third.kind == "text"


def test_refusals_and_thoughts_among_the_parts_are_told_apart() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    read = message(role="assistant", content=[thought, {"type": "refusal", "refusal": "no"}])
    assert (read.parts, read.reasoning) == ((Part("refusal", "no"),), "hm")
    assert message(role="assistant", content=[{"type": "thinking", "thinking": "hm"}]).reasoning == "hm"


def test_an_assistant_message_keeps_its_calls_reasoning_refusal_and_audio() -> None:
    read = message(
        role="assistant",
        tool_calls=[
            None,
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}},
            {"id": "b", "type": "custom", "custom": {"name": "g", "input": "raw"}},
            {"id": "c", "function": {"name": "h", "arguments": {"x": 1}}},
            {"id": "d", "function": 7},
        ],
        function_call={"name": "old", "arguments": "{}"},
        reasoning="why",
        refusal="no",
        audio={"id": "audio_1", "transcript": "said"},
    )
    assert read.tool_calls == (
        ToolCall("a", "f", '{"x": 1}'),
        ToolCall("b", "g", "raw"),
        ToolCall("c", "h", '{"x":1}'),
        ToolCall("d", "", ""),
        ToolCall("", "old", "{}"),
    )
    assert (read.reasoning, read.refusal, read.parts) == ("why", "no", (Part("audio", "said", "audio_1"),))


def test_results_name_their_call() -> None:
    assert message(role="tool", tool_call_id="a", content="1").tool_call_id == "a"
    assert message(role="function", name="old", content="1").name == "old"


def test_text_that_no_store_takes_is_cleaned() -> None:
    raw = b'{"role":"user","content":"\\ud83d\\ude00 \\ud83d \\u0000"}'
    assert CHAT.read_message(raw).text == "\U0001f600 \ufffd \ufffd"
    assert CHAT.role(raw) is Role.USER


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"7", b"[" * 100_000, b'{"content":{"a":[]},"tool_calls":7}'])
def test_a_message_of_any_shape_is_read(raw: bytes) -> None:
    assert CHAT.read_message(raw).role is Role.OTHER
    assert CHAT.role(raw) is Role.OTHER


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["role", "content", "tool_calls", "function_call", "audio", "reasoning", "refusal"]),
        st.recursive(
            JSON | st.floats(),
            lambda inner: (
                st.dictionaries(
                    st.sampled_from(["type", "text", "function", "thinking", "image_url", "url", "id", "arguments"]),
                    inner,
                )
                | st.lists(inner, max_size=2)
            ),
            max_leaves=8,
        ),
    )
)
def test_no_shape_makes_a_reader_raise(value: dict[str, Any]) -> None:
    raw = json.dumps(value).encode()
    assert isinstance(CHAT.read_message(raw), Message)
    wrapped = {"choices": [{"message": value, "delta": value, "logprobs": value}], "error": value, "usage": value}
    assert isinstance(CHAT.read_reply(json.dumps(wrapped).encode(), 200), Reply)
    assembler = CHAT.assembler()
    for data in (wrapped, wrapped, value):
        assembler.feed(json.dumps(data).encode())
    assert isinstance(assembler.reply(), Reply)
