"""What ``llm`` logged, as conversations."""

from __future__ import annotations

import json
from typing import Any

from proxy.imports.llmlog import conversations
from storage.llmlogs import Attached, Logged, LoggedCall, LoggedMessage

BRIEF = LoggedMessage("system", "Be brief.")


def logged(id: str, conversation: str, *messages: LoggedMessage) -> Logged:
    return Logged(id, conversation, "T", "m", "2026-06-22T12:00:00", 5, 3, 4, messages)


def said(*messages: LoggedMessage) -> list[dict[str, Any]]:
    (talk,) = conversations([logged("r1", "c1", *messages)])
    return [json.loads(step.raw) for step in talk.steps]


def test_a_conversation_has_its_system_prompt_once_and_its_calls() -> None:
    called = LoggedMessage("assistant", calls=(LoggedCall("t1", "look", "{}"),))
    seen, percy = LoggedMessage("tool", "seen", call_id="t1"), LoggedMessage("assistant", "Percy.", "Hm.")
    rows = [
        logged("r1", "c1", BRIEF, LoggedMessage("user", "A name?"), called),
        logged("r2", "c1", BRIEF, seen, percy),
        logged("r3", "", LoggedMessage("user", "Alone"), LoggedMessage("assistant", "Yes")),
    ]
    talk, alone = conversations(rows)
    found = [json.loads(step.raw) for step in talk.steps]
    assert [one["role"] for one in found] == ["system", "user", "assistant", "tool", "assistant"]
    assert found[2]["tool_calls"][0]["function"] == {"name": "look", "arguments": "{}"}
    assert (found[3]["tool_call_id"], found[4]["reasoning_content"]) == ("t1", "Hm.")
    assert (talk.name, talk.title, alone.name) == ("c1", "T", "llm-r3")
    assert talk.steps[-1].at - talk.steps[-2].at == 5_000
    assert (talk.steps[-1].prompt_tokens, talk.steps[-1].completion_tokens) == (3, 4)


def test_attachments_are_parts_of_their_message() -> None:
    held = (
        Attached("image/png", data=b"p"),
        Attached("image/png", "https://x/y.png"),
        Attached("audio/wav", data=b"w"),
        Attached("audio/wav", "https://x/y.wav"),
        Attached("application/pdf", data=b"f"),
    )
    (user,) = said(LoggedMessage("user", "What is it?", attached=held))
    assert user["content"] == [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,cA=="}},
        {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
        {"type": "input_audio", "input_audio": {"data": "dw==", "format": "wav"}},
        {"type": "file", "file": {"file_data": "https://x/y.wav"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,Zg=="}},
    ]
