"""Logs over the real server, and what is put into them."""

from typing import Any

import pytest

from proxy.api.events import NewError, NewToolCall, posted_of
from tests.api.readers import Reader

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_log_holds_what_was_said_and_what_was_posted_in_its_order(reader: Reader) -> None:
    session, _ = await reader.talk("Hello")
    path = f"/sessions/{session}/events"
    decision = {"type": "decision", "content": "Go left", "rationale": "It is shorter.", "confidence": 0.4}
    made = await reader.post(path, decision)
    assert (made["content"], made["rationale"], made["confidence"]) == ("Go left", "It is shorter.", 0.4)
    await reader.post(path, {"type": "error", "content": "No bridge", "name": "Blocked", "context": {"at": [1, 2]}})
    await reader.post(path, {"type": "tool_call", "name": "map", "arguments": {"q": "x"}, "error": "offline"})
    log = (await reader.get(path))["data"]
    assert [one["type"] for one in log] == ["message", "message", "decision", "error", "tool_call"]
    assert log[2] == made
    assert (log[3]["name"], log[3]["arguments"]) == ("Blocked", {"at": [1, 2]})
    assert (log[4]["success"], log[4]["result"]) == (False, "offline")
    stats = await reader.get(f"/sessions/{session}/stats")
    counts = [stats[name] for name in ("decisions", "errors", "tool_calls", "total_events")]
    assert counts == [1, 1, 1, 5]


async def test_the_latest_entries_of_all_sessions_come_newest_first(reader: Reader) -> None:
    one, _ = await reader.talk("Hello")
    two, _ = await reader.talk("Good day")
    first = await reader.get("/events", limit=3)
    await reader.talk("Good night")
    rest = await reader.get("/events", limit=3, cursor=first["next_cursor"])
    assert [each["session_id"] for each in (*first["data"], *rest["data"])] == [two, two, one, one]
    users = await reader.get("/events", role="user", type="message")
    assert [each["content"] for each in users["data"]] == ["Good night", "Good day", "Hello"]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "decision", "content": "x", "confidence": 1.01},
        {"type": "decision"},
        {"type": "summary", "content": "x"},
        {"type": "message", "role": "system", "content": "x"},
        {"content": "x"},
        [],
        "",
    ],
)
async def test_an_entry_that_is_none_is_refused(reader: Reader, body: Any) -> None:
    session, _ = await reader.talk("Hello")
    answer = await reader.call("POST", f"/sessions/{session}/events", json=body)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


async def test_a_tool_call_succeeded_unless_it_says_otherwise() -> None:
    said = posted_of(NewToolCall(name="t", arguments=[1], result=0), b"i", b"s", 5)
    assert (said.ok, said.arguments, said.result) == (True, "[1]", "0")
    assert posted_of(NewToolCall(name="t", success=False), b"i", b"s", 5).ok is False
    assert posted_of(NewError(content="e", confidence=0.5), b"i", b"s", 5).confidence == 500_000
