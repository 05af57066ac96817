"""Anthropic's requests and their messages, read from bytes."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.chain import canonical
from proxy.dialects import DIALECTS, Unparsed, dialect_at
from proxy.dialects.anthropic import Anthropic
from proxy.dialects.chat import Chat
from proxy.messages import Message, Part, Request, Role, ToolCall

CAPTURES = Path(__file__).parent.parent / "wire" / "captures"
ANTHROPIC = Anthropic()
CHAT = Chat()

RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}
SECOND = {"tool_use_id": "toolu_2", "type": "tool_result", "content": [{"type": "text", "text": "rain"}]}
SAYS = {"type": "text", "text": "And tomorrow?"}
MARK = {"cache_control": {"type": "ephemeral"}}


def body(*messages: Any, **fields: Any) -> bytes:
    return json.dumps({"model": "m", "max_tokens": 9, "messages": list(messages), **fields}).encode()


def asked(*messages: Any, **fields: Any) -> Request:
    wire = body(*messages, **fields)
    request = ANTHROPIC.parse(wire)
    assert rebuilt(request) == wire
    return request


def rebuilt(request: Request) -> bytes:
    pairs = zip(request.raws, (*request.separators, b""), strict=True) if request.raws else ()
    return request.before + b"".join(raw + separator for raw, separator in pairs) + request.after


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def read(value: Any) -> Message:
    return ANTHROPIC.read_message(json.dumps(value).encode())


def parts(*blocks: Any) -> tuple[Part, ...]:
    return read(user(*blocks)).parts


def canon(dialect: Any, request: Request) -> list[bytes]:
    return [canonical(dialect.read_message(raw)) for raw in request.raws]


def hashed(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"


def test_the_registry_finds_it_by_its_path() -> None:
    assert dialect_at("/messages") is DIALECTS["anthropic"]
    assert dialect_at("/anthropic/v1/messages") is DIALECTS["anthropic"]


@pytest.mark.parametrize("path", ["/messages/count_tokens", "/messages/batches", "/threads/t1/messages"])
def test_other_paths_about_messages_are_passed_through(path: str) -> None:
    assert dialect_at(path) is None


# Requests


@pytest.mark.parametrize("name", ["anthropic", "anthropic_stream", "anthropic-node_stream", "claude_code"])
def test_what_clients_send_is_cut_and_joined_to_the_byte(name: str) -> None:
    for sent in json.loads((CAPTURES / f"{name}.json").read_text()):
        if sent["body_json"] is None:
            continue
        for wire in (json.dumps(sent["body_json"]), json.dumps(sent["body_json"], indent=1, ensure_ascii=False)):
            request = ANTHROPIC.parse(wire.encode())
            assert rebuilt(request) == wire.encode()
            assert len(request.raws) == len(sent["body_json"]["messages"])
            assert request.stream == bool(sent["body_json"].get("stream"))


def test_claude_codes_body_names_its_session() -> None:
    sent = json.loads((CAPTURES / "claude_code.json").read_text())[1]["body_json"]
    request = ANTHROPIC.parse(json.dumps(sent).encode())
    assert request.ids == {"session_id": "ece98ed9-57e7-4c32-9f6a-8cde1ad5e554"}
    assert [ANTHROPIC.role(raw) for raw in request.raws] == [Role.USER, Role.SYSTEM]
    assert json.loads(request.system or b"") == sent["system"]
    assert json.loads(request.tools or b"") == sent["tools"]


@pytest.mark.parametrize(
    ("metadata", "ids"),
    [
        ({"user_id": "user_0f_account__session_12345678-aaaa"}, {"session_id": "12345678-aaaa"}),
        ({"user_id": "{not json"}, {}),
        ({"user_id": '{"session_id": 7}'}, {}),
        ({"user_id": "somebody"}, {}),
        ({"user_id": 7, "session_id": "mine"}, {"metadata.session_id": "mine"}),
        ("no object", {}),
        (None, {}),
    ],
)
def test_a_session_in_the_metadata_is_found(metadata: Any, ids: dict[str, str]) -> None:
    assert asked(user(SAYS), metadata=metadata).ids == ids


def test_a_session_that_the_body_names_stands_over_that_of_its_user() -> None:
    metadata = {"user_id": "user_0f_account__session_12345678-aaaa"}
    assert asked(metadata=metadata, session_id="s", litellm_session_id="l").ids == {
        "session_id": "s",
        "litellm_session_id": "l",
    }


@pytest.mark.parametrize("system", ["Be brief.", [{"type": "text", "text": "Be brief.", **MARK}]])
def test_a_system_prompt_stands_outside_of_the_messages(system: Any) -> None:
    assert asked(user(SAYS), system=system).system == json.dumps(system).encode()
    assert asked(user(SAYS), system=None, tools=None).system is None


def test_each_tool_result_is_a_message_and_so_is_what_a_user_says_beside_them() -> None:
    more = {"type": "image", "source": {"type": "url", "url": "https://a.example/1.png"}}
    request = asked({"role": "user", "content": "hi"}, user(RESULT, SECOND, SAYS, more), user(SAYS))
    assert request.raws == (
        b'{"role": "user", "content": "hi"}',
        json.dumps(RESULT).encode(),
        json.dumps(SECOND).encode(),
        json.dumps(SAYS).encode() + b", " + json.dumps(more).encode(),
        json.dumps(user(SAYS)).encode(),
    )
    roles = [Role.USER, Role.TOOL, Role.TOOL, Role.USER, Role.USER]
    assert [ANTHROPIC.role(raw) for raw in request.raws] == roles
    assert [ANTHROPIC.read_message(raw).role for raw in request.raws] == roles
    assert request.separators[0].endswith(b'"content": [')
    assert request.separators[3].startswith(b"]}")


def test_results_at_either_end_of_the_list_leave_their_wrapping_around_it() -> None:
    request = asked(user(RESULT), {"role": "assistant", "content": "Sunny."}, user(SAYS, SECOND))
    assert request.before.endswith(b'"messages": [{"role": "user", "content": [')
    assert request.after.startswith(b"]}]")
    assert len(request.raws) == 4


def test_what_only_looks_like_a_result_is_not_cut_out() -> None:
    speaks = {"type": "text", "text": '"tool_result"'}
    strange = {"role": "user", "content": {"type": "tool_result"}}
    odd = {"role": "user", "content": ["tool_result", {"type": 7, "x": "tool_result"}]}
    answered = {"role": "assistant", "content": [RESULT]}
    nobody = {"content": [RESULT]}
    messages = [user(speaks), {"role": "user", "content": '"tool_result"'}, strange, odd, answered, nobody]
    assert len(asked(*messages).raws) == len(messages)


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"7",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"model":"m"}',
        b'{"messages":[]}',
        b'{"model":7,"messages":[]}',
        b'{"model":"m","messages":{}}',
        b'{"model":"m","messages":[7]}',
        b'{"model":"m","messages":[{}]',
    ],
)
def test_what_is_no_request_is_unparsed(wire: bytes) -> None:
    with pytest.raises(Unparsed):
        ANTHROPIC.parse(wire)


@pytest.mark.parametrize(
    "wire",
    [
        b'{"messages":[],"model":"m"}',
        b' {"x":{"messages":[1]},"model":"m","messages" : [ {"role":"user","content":"hi"} ] } ',
        b'{"model":"m","messages":[{"role":"user"}],"tools":[{"messages":[{"role":"user"}]}]}',
        b'{"model":"m","messages":[1],"messages":[{"role":"user","content":"\\ud800"}]}',
        b'{"model":"m","mess\\u0061ges":[{"role":"user","content":[{"type":"tool_result"} , {"type":"text"}]}]}',
        b'{"model":"m","x":NaN,"messages":[{"role":"user","content":[{"type":"tool_result","x":1e400}]}\n,{}]}',
        b'{"model":"m","messages":[ ]}',
    ],
)
def test_json_of_any_layout_is_cut_to_the_byte(wire: bytes) -> None:
    assert rebuilt(ANTHROPIC.parse(wire)) == wire


BLOCKS = st.sampled_from([RESULT, SECOND, SAYS, {"type": "text", "text": "\u2028é\ud800"}, {"type": "later"}])
TURNS = st.lists(st.one_of(st.builds(lambda blocks: user(*blocks), st.lists(BLOCKS)), st.just({"role": "assistant"})))


@given(TURNS, st.sampled_from([None, 1]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_list_is_cut_and_joined_to_the_byte(turns: list[Any], indent: int | None, ascii_only: bool) -> None:
    text = json.dumps({"model": "m", "messages": turns, "system": "s"}, indent=indent, ensure_ascii=ascii_only)
    wire = text.encode("utf-8", "replace")
    request = ANTHROPIC.parse(wire)
    assert rebuilt(request) == wire
    for raw in request.raws:
        assert ANTHROPIC.role(raw) is ANTHROPIC.read_message(raw).role


# Messages


def test_one_conversation_has_the_same_canonical_form_as_in_chat() -> None:
    png = b64encode(b"image").decode()
    call = {"id": "toolu_1", "type": "function", "function": {"name": "get", "arguments": '{"b": 2, "a": 1.0}'}}
    chat = CHAT.parse(
        body(
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look:"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{png}"}},
                    {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{png}"}},
                ],
            },
            {"role": "assistant", "content": "I see.", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "toolu_1", "content": "sunny"},
            {"role": "tool", "tool_call_id": "toolu_2", "content": "rain"},
            {"role": "user", "content": "And tomorrow?"},
        )
    )
    ours = asked(
        user(
            {"type": "text", "text": "Look:"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": png}},
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": png}, **MARK},
        ),
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "Eq=="},
                {"type": "text", "text": "I see."},
                {"type": "tool_use", "id": "toolu_1", "name": "get", "input": {"a": 1, "b": 2}, **MARK},
            ],
        },
        user(RESULT, SECOND, SAYS),
    )
    assert canon(ANTHROPIC, ours) == canon(CHAT, chat)


def test_marks_that_clients_move_are_no_part_of_the_canonical_form() -> None:
    later = {"type": "later", "x": 1}
    plain = asked(user(RESULT, SAYS, later), user(SAYS))
    marked = asked(user({**RESULT, **MARK}, {**SAYS, **MARK}, {**later, **MARK}), user({**SAYS, **MARK}))
    assert canon(ANTHROPIC, plain) == canon(ANTHROPIC, marked)


def test_thinking_is_reasoning_and_its_signature_stays_verbatim() -> None:
    thought = b'{"type":"thinking","thinking":"Hm.","signature":"Eq=="}'
    hidden = b'{"type":"redacted_thinking","data":"Em"}'
    raw = b'{"role":"assistant","content":[' + thought + b"," + hidden + b',{"type":"text","text":"Hi"}]}'
    request = ANTHROPIC.parse(b'{"model":"m","messages":[' + raw + b"]}")
    assert request.raws == (raw,)
    assert ANTHROPIC.read_message(raw) == Message(Role.ASSISTANT, (Part("text", "Hi"),), reasoning="Hm.")


@pytest.mark.parametrize(("said", "failed"), [({"is_error": True}, True), ({"is_error": False}, False), ({}, None)])
def test_a_result_says_whether_its_tool_failed(said: dict[str, bool], failed: bool | None) -> None:
    expected = Message(Role.TOOL, (Part("text", "sunny"),), tool_call_id="toolu_1", failed=failed)
    assert read({**RESULT, **said}) == expected


def test_a_call_has_its_input_as_json_or_what_came_of_it() -> None:
    calls = [{"type": "tool_use", "id": "a", "name": "f", "input": given} for given in ({"x": 1}, '{"x', None)]
    assert read({"role": "assistant", "content": calls}).tool_calls == (
        ToolCall("a", "f", '{"x":1}'),
        ToolCall("a", "f", '{"x'),
        ToolCall("a", "f", "{}"),
    )


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ({"type": "base64", "data": b64encode(b"x").decode()}, hashed(b"x")),
        ({"type": "base64", "data": "no base64!"}, hashed(b"no base64!")),
        ({"type": "url", "url": "https://a.example/1.png"}, "https://a.example/1.png"),
        ({"type": "file", "file_id": "file_1"}, "file_1"),
        ({"type": "text", "data": "\ud800"}, hashed(b"\xed\xa0\x80")),
    ],
)
def test_what_is_no_text_is_named_by_its_address_or_its_hash(source: dict[str, str], key: str) -> None:
    assert [part.key for part in parts({"type": "image", "source": source})] == [key]


def test_a_document_that_came_as_text_can_be_read() -> None:
    nested = {"type": "content", "content": [{"type": "text", "text": "inner"}]}
    found = parts(
        {"type": "document", "source": {"type": "text", "data": "outer"}},
        {"type": "document", "source": nested},
        {"type": "search_result", "content": [{"type": "text", "text": "found"}]},
    )
    assert [(part.kind, part.text) for part in found] == [
        ("file", "outer"),
        ("file", "inner"),
        ("search_result", "found"),
    ]


def test_odd_content_is_nothing_or_text() -> None:
    assert parts({"type": "text", "text": ""}, {"type": "text", "text": 7}, {}, 7, None, "bare") == (
        Part("text", "bare"),
    )
    assert read({"role": "user"}) == Message(Role.USER)
    assert read({"role": "user", "content": ""}) == Message(Role.USER)
    assert read({"role": "developer", "content": "x"}).role is Role.OTHER


@pytest.mark.parametrize("raw", [b"", b"{", b"[" * 100_000])
def test_bytes_that_say_nothing_are_an_empty_message(raw: bytes) -> None:
    assert ANTHROPIC.read_message(raw).parts == ()
    assert ANTHROPIC.role(raw) is ANTHROPIC.read_message(raw).role


def test_no_event_tells_usage_alone() -> None:
    assert not ANTHROPIC.is_usage_alone(b'{"type":"message_delta","usage":{"output_tokens":1}}')
