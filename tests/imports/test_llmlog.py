"""What ``llm`` logged, as conversations."""

from __future__ import annotations

import json

from proxy.imports.llmlog import conversations
from storage.llmlogs import Logged, LoggedCall


def logged(id: str, conversation: str, prompt: str, response: str, **more: object) -> Logged:
    values = {"title": "T", "model": "m", "system": "", "at": "2026-06-22T12:00:00", "milliseconds": 5} | more
    fixed = {"input_tokens": 3, "output_tokens": 4} | values
    return Logged(id=id, conversation=conversation, prompt=prompt, response=response, **fixed)  # type: ignore[arg-type]


def test_a_conversation_has_its_system_prompt_once_and_its_calls() -> None:
    call = LoggedCall("t1", "look", "{}")
    rows = [
        logged("r1", "c1", "A name?", "", system="Be brief.", calls=(call,)),
        logged("r2", "c1", "", "Percy.", system="Be brief.", results=(LoggedCall("t1", "look", "seen"),)),
        logged("r3", "", "Alone", "Yes"),
    ]
    talk, alone = conversations(rows)
    said = [json.loads(step.raw) for step in talk.steps]
    assert [one["role"] for one in said] == ["system", "user", "assistant", "tool", "assistant"]
    assert said[2]["tool_calls"][0]["function"] == {"name": "look", "arguments": "{}"}
    assert (talk.name, talk.title, alone.name) == ("c1", "T", "llm-r3")
    assert talk.steps[-1].at - talk.steps[-2].at == 5_000
    assert (talk.steps[-1].prompt_tokens, talk.steps[-1].completion_tokens) == (3, 4)
