"""The logs of small agents."""

from __future__ import annotations

import json
from typing import Any

from proxy.imports.agentlog import conversation, is_entry, session_of

LOG: list[dict[str, Any]] = [
    {"type": "message", "role": "user", "content": "Weather?", "timestamp": 5, "session_id": "s"},
    {"type": "decision", "decision": "look it up", "rationale": "it changes"},
    {"type": "tool_call", "tool_name": "look", "arguments": {"at": "Lisbon"}, "result": {"degrees": 24}},
    {"type": "tool_call", "message": {"tool": "ask", "input": "raw", "error": "no one there"}},
    {"type": "tool_call", "name": "wait", "call_id": "c9"},
    {"type": "tool_result", "call_id": "c9", "result": "done"},
    {"type": "error", "message": "out of luck"},
    {"type": "error"},
    {"type": "message", "source": "llm", "message": {"content": "24 degrees"}, "model": "m"},
    {"type": "message", "source": "somebody", "content": {"x": 1}},
    {"type": "message"},
]


def test_each_kind_of_entry_becomes_what_it_was() -> None:
    found = conversation("s", LOG)
    said: list[Any] = [json.loads(step.raw) if step.raw else step.error for step in found.steps]
    assert (found.name, found.model, found.steps[0].at) == ("s", "m", 5_000_000)
    assert said[0] == {"role": "user", "content": "Weather?"}
    assert said[1] == {
        "role": "assistant",
        "name": "decision",
        "content": "Decision: look it up\nRationale: it changes",
    }
    call = {"id": "call_3", "type": "function", "function": {"name": "look", "arguments": '{"at":"Lisbon"}'}}
    assert said[2] == {"role": "assistant", "content": None, "tool_calls": [call]}
    assert said[3] == {"role": "tool", "tool_call_id": "call_3", "content": '{"degrees":24}'}
    assert said[4]["tool_calls"][0]["function"] == {"name": "ask", "arguments": "raw"}
    assert said[5]["content"] == '{"error":"no one there"}'
    assert said[6]["tool_calls"][0]["id"] == "c9"
    assert said[7] == {"role": "tool", "tool_call_id": "c9", "content": "done"}
    assert said[8:10] == ["out of luck", "an error"]
    assert said[10] == {"role": "assistant", "content": "24 degrees"}
    assert [one["content"] for one in said[11:]] == ['{"x":1}', ""]


def test_entries_are_known_by_their_type() -> None:
    assert [is_entry(entry) for entry in (*LOG[:1], {"type": "owners"}, [], {"role": "user"})] == [True, *[False] * 3]
    assert [session_of(entry) for entry in LOG[:2]] == ["s", ""]
