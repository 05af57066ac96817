"""Requests to the Responses API, cut from bytes, and their items, read."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.chain import canonical
from proxy.dialects import dialect_at, handle_at
from proxy.dialects.chat import Chat
from proxy.dialects.dialect import Unparsed
from proxy.dialects.responses import Responses
from proxy.dialects.responses_items import read_answer
from proxy.messages import Message, Part, Request, Role, ToolCall

CAPTURES = Path(__file__).parent.parent / "wire" / "captures"
RESPONSES = Responses()


def captured() -> list[tuple[str, bytes]]:
    """Each body that a real client sent to /v1/responses, as its client most likely wrote it."""
    found = []
    for path in sorted(CAPTURES.glob("*.json")):
        for number, exchange in enumerate(json.loads(path.read_text(encoding="utf-8"))):
            if exchange["request_line"].startswith("POST /v1/responses"):
                found.append((f"{path.stem}-{number}", exchange["body_json"]))
    return found


BODIES = captured()


def rebuilt(request: Request) -> bytes:
    pieces = [request.before]
    for separator, raw in zip((b"", *request.separators), request.raws, strict=False):
        pieces += [separator, raw]
    return b"".join([*pieces, request.after])


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "m", **fields}).encode()


def message(*items: Any) -> Message:
    return RESPONSES.read_message(json.dumps(list(items))[1:-1].encode())


def in_chat(**fields: Any) -> Message:
    return Chat().read_message(json.dumps(fields).encode())


def called(name: str = "f", call: str = "c1", **fields: Any) -> dict[str, Any]:
    return {"type": "function_call", "call_id": call, "name": name, "arguments": "{}", **fields}


def spoken(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}], **fields}


# Requests


def test_the_dialect_is_spoken_at_its_path_alone() -> None:
    assert getattr(dialect_at("/responses"), "name", "") == "responses"
    assert dialect_at("/responses/resp_1/cancel") is None
    assert dialect_at("/responses/compact") is None


def test_a_path_names_a_reply_or_a_part_of_it() -> None:
    whole, part = handle_at("/responses/resp_1"), handle_at("/responses/resp_1/input_items")
    assert (whole.name, getattr(whole.dialect, "name", "")) == ("resp_1", "responses")
    assert (part.name, part.dialect) == ("resp_1", None)
    assert handle_at("/models/responses").name == ""


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" ,\n", " : ")])
@pytest.mark.parametrize(("name", "sent"), BODIES, ids=[name for name, _ in BODIES])
def test_what_real_clients_send_rebuilds_byte_for_byte(name: str, sent: Any, separators: tuple[str, str]) -> None:
    wire = json.dumps(sent, separators=separators, ensure_ascii="codex" in name).encode()
    request = RESPONSES.parse(wire)
    assert rebuilt(request) == wire
    assert request.model == sent["model"]
    assert request.stream is bool(sent.get("stream"))
    assert request.asks_usage
    assert request.tools is None or json.loads(request.tools) == sent["tools"]
    assert (json.loads(request.system) if request.system else None) == (sent.get("instructions") or None)
    assert all(RESPONSES.read_message(raw).role is RESPONSES.role(raw) is not Role.OTHER for raw in request.raws)


def test_an_input_that_is_text_is_one_message() -> None:
    request = RESPONSES.parse(b'{"input":"m","model":"m","instructions":"Be brief."}')
    assert (request.before, request.raws, request.system) == (b'{"input":', (b'"m"',), b'"Be brief."')
    assert RESPONSES.role(request.raws[0]) is Role.USER
    assert RESPONSES.read_message(request.raws[0]) == Message(Role.USER, (Part("text", "m"),))


def test_what_a_model_did_in_a_row_is_one_message_with_the_bytes_between() -> None:
    wire = b'{"model":"m","input":[{"role":"user","content":"a"} , {"type":"reasoning"},\n{"type":"hologram"},' + (
        b'{"type":"function_call","call_id":"c","name":"f"}, {"type":"function_call_output","call_id":"c"}]}'
    )
    request = RESPONSES.parse(wire)
    assert request.raws == (
        b'{"role":"user","content":"a"}',
        b'{"type":"reasoning"},\n{"type":"hologram"},{"type":"function_call","call_id":"c","name":"f"}',
        b'{"type":"function_call_output","call_id":"c"}',
    )
    assert [RESPONSES.role(raw) for raw in request.raws] == [Role.USER, Role.ASSISTANT, Role.TOOL]
    assert rebuilt(request) == wire


def test_a_history_that_is_held_upstream_is_named() -> None:
    request = RESPONSES.parse(body(input="go on", previous_response_id="resp_1"))
    assert (request.previous, request.follows) == ("resp_1", False)
    request = RESPONSES.parse(body(input="go on", conversation={"id": "conv_1"}, previous_response_id=None))
    assert (request.previous, request.follows, request.ids) == ("", True, {"conversation": "conv_1"})


@pytest.mark.parametrize(
    "wire",
    [
        b'{"model":"m"}',
        b'{"model":"m","input":null,"previous_response_id":"resp_1"}',
        b'{"model":"m","input":[]}',
        b'{"input":"hi","prompt":{"id":"pmpt_1"}}',
        b'{"model":"m","input":[{}],"input":[{"role":"user"},{"role":"user"}]}',
        b'{"model":"m","x":{"input":"hi"},"inp\\u0075t":"hi"}',
        b'{"model":"m","input":[ {"a":[1,2]} ,{"b":"\\ud83d"},  {"c":NaN}]}',
        b'{"model":"m","a":"q","b":"q","c":"q","d":"q","e":"q","f":"q","g":"q","h":"q","i":"q","input":"q"}',
        b'{"model":"m","input":[{"type":7},{"role":null}]}',
    ],
)
def test_the_cut_is_exact(wire: bytes) -> None:
    assert rebuilt(RESPONSES.parse(wire)) == wire


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"7",
        b"{}",
        b'{"model":7}',
        b'{"model":"m","input":7}',
        b'{"model":"m","input":["hi"]}',
        b'{"model":"m","input":{}}',
        b'{"model":"m","input":[{}]',
        b'{"model":"m","input":[{}],"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_no_request_is_unparsed(wire: bytes) -> None:
    with pytest.raises(Unparsed):
        RESPONSES.parse(wire)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["input", '"input":[', "}", "é"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["input", "a"]), inner, max_size=3),
    max_leaves=6,
)
ITEMS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"role": st.sampled_from(["user", "assistant", "x"]), "type": st.just("a_output"), "input": JSON}
    ),
    max_size=5,
)
LAYOUTS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n\t", " :\r\n")])


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["tools", "x", "metadata"]), JSON), ITEMS, LAYOUTS, st.booleans())
def test_any_request_rebuilds_from_its_pieces(more: Any, items: Any, separators: Any, first: bool) -> None:
    fields = {"input": items, **more} if first else {**more, "input": items}
    wire = json.dumps({"model": "m", **fields}, separators=separators, ensure_ascii=False).encode()
    request = RESPONSES.parse(wire)
    assert rebuilt(request) == wire
    assert [item for raw in request.raws for item in json.loads(b"[" + raw + b"]")] == items
    roles = [RESPONSES.read_message(raw).role for raw in request.raws]
    assert not any(one is other is Role.ASSISTANT for one, other in pairwise(roles))


# Items


def test_an_answer_that_is_no_json_is_an_empty_one() -> None:
    assert read_answer(b"{") == Message(Role.ASSISTANT)


@pytest.mark.parametrize(
    ("item", "role"),
    [
        ({"role": "developer"}, Role.SYSTEM),
        ({"role": "user", "type": "message"}, Role.USER),
        ({"role": "narrator"}, Role.OTHER),
        ({"type": "function_call"}, Role.ASSISTANT),
        ({"type": "item_reference", "id": "msg_1"}, Role.ASSISTANT),
        ({"type": "custom_tool_call_output"}, Role.TOOL),
        ({"type": "mcp_approval_response"}, Role.TOOL),
        ({"type": ["odd"]}, Role.ASSISTANT),
    ],
)
def test_every_item_has_somebody_who_speaks(item: Any, role: Role) -> None:
    raw = json.dumps(item).encode()
    assert RESPONSES.role(raw) is RESPONSES.read_message(raw).role is role


@pytest.mark.parametrize("raw", [b"", b"7", b"not json", b"[" * 100_000, b"[1]"])
def test_what_is_no_item_is_an_empty_message(raw: bytes) -> None:
    assert RESPONSES.read_message(raw) == Message(Role.OTHER)
    assert RESPONSES.role(raw) is Role.OTHER


def test_a_turn_reads_as_it_would_in_a_chat() -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [{"text": "Hm."}], "encrypted_content": "gAAA"}
    turn = message(thought, spoken("It is "), spoken("sunny."), called("now", "call_1", arguments='{"a": 1}'))
    call = {"id": "call_1", "type": "function", "function": {"name": "now", "arguments": '{ "a":1.0}'}}
    chat = in_chat(role="assistant", content="It is sunny.", tool_calls=[call])
    assert canonical(turn) == canonical(chat)
    assert (turn.reasoning, turn.items) == ("Hm.", ("rs_1",))


def test_a_custom_tools_call_and_every_result_read_as_in_a_chat() -> None:
    turn = message({"type": "custom_tool_call", "call_id": "c", "name": "sql", "input": "SELECT 1"})
    chat = in_chat(
        role="assistant", tool_calls=[{"id": "c", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}}]
    )
    assert canonical(turn) == canonical(chat)
    result = message({"type": "function_call_output", "call_id": "c", "output": "sunny", "id": "fco_1"})
    assert canonical(result) == canonical(in_chat(role="tool", tool_call_id="c", content="sunny"))
    parts = message(
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "sunny"}]}
    )
    assert canonical(parts) == canonical(result)


def test_images_files_and_audio_read_as_in_a_chat() -> None:
    data = "data:image/png;base64,iVBORw0KGgo="
    sound = {"type": "input_audio", "input_audio": {"data": "iVBORw0KGgo=", "format": "wav"}}
    asked = message(
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Look"},
                {"type": "input_image", "image_url": data, "detail": "low"},
                {"type": "input_file", "file_data": "iVBORw0KGgo=", "filename": "a.pdf"},
                sound,
            ],
        }
    )
    chat = in_chat(
        role="user",
        content=[
            {"type": "text", "text": "Look"},
            {"type": "image_url", "image_url": {"url": data}},
            {"type": "file", "file": {"file_data": "iVBORw0KGgo=", "filename": "a.pdf"}},
            sound,
        ],
    )
    assert asked == chat
    shot = message(
        {"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot", "image_url": data}}
    )
    assert [part.kind for part in shot.parts] == ["image_url"]


def test_calls_that_want_an_answer_are_calls_and_those_of_built_in_tools_are_parts() -> None:
    shell = {"type": "local_shell_call", "call_id": "c1", "action": {"command": ["ls"]}}
    search = {"type": "web_search_call", "id": "ws_1", "action": {"query": "otters"}}
    image = {"type": "image_generation_call", "id": "ig_1", "result": "iVBORw0KGgo="}
    turn = message(shell, search, image, {"type": "item_reference", "id": "msg_1"}, 7)
    assert turn.tool_calls == (ToolCall("c1", "local_shell", '{"command":["ls"]}'),)
    assert [(part.kind, part.key[:7]) for part in turn.parts] == [
        ("web_search_call", "ws_1"),
        ("image_generation_call", "sha256:"),
    ]
    assert turn.text == ""
    assert turn.items == ("ws_1", "ig_1", "msg_1")
    assert canonical(turn) == canonical(message(shell))


def test_an_approval_says_what_was_decided() -> None:
    given = {"type": "mcp_approval_response", "approval_request_id": "m", "approve": True}
    assert (message(given).text, message(given).tool_call_id) == ("approved", "m")
    assert message({**given, "approve": False}).text == "denied"


def test_reasoning_in_full_goes_before_its_summary() -> None:
    thought = {
        "type": "reasoning",
        "summary": [{"text": "short"}],
        "content": [{"type": "reasoning_text", "text": "long"}],
    }
    assert message(thought, thought).reasoning == "long\n\nlong"


def test_odd_content_differs_where_it_differs() -> None:
    first, second = message(
        {"role": "user", "content": [{"type": "hologram", "x": 1}, {"type": "hologram", "x": 2}]}
    ).parts
    assert (first.kind, first.key == second.key) == ("hologram", False)
    assert message({"role": "user", "content": [5, None, "", {"text": "b"}]}).text == "5b"
    assert message({"role": "user", "content": [{"type": "input_image", "file_id": "file-1"}]}).parts == (
        Part("image_url", key="file-1"),
    )
