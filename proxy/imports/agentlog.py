"""The log that small agents write: a line for each message, tool call, error and decision. Pure.

Field names differ from agent to agent; each is looked for under the names that are in use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from proxy.dialects.jsontext import dump, object_of, text_of
from proxy.imports.conversations import Conversation, Step
from proxy.imports.times import micros

LOG = "agent log"
KINDS = frozenset({"message", "tool_call", "tool_result", "error", "decision"})
ROLES: Mapping[str, str] = {
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "ai", "llm", "agent", "model"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "function"), "tool"),
}
TEXTS = ("content", "message", "text", "error", "decision")
TIMES = ("timestamp", "created_at", "time", "at", "ts", "datetime")


def is_entry(value: Any) -> bool:
    """Whether a line is an entry of such a log."""
    return isinstance(value, dict) and value.get("type") in KINDS


def session_of(entry: Mapping[str, Any]) -> str:
    """Which session an entry belongs to; empty where the log holds just one."""
    return _first(entry, "session_id", "session", "conversation_id")


def conversation(name: str, entries: Sequence[Mapping[str, Any]]) -> Conversation:
    """A session's entries as a conversation."""
    steps: list[Step] = []
    for number, entry in enumerate(entries, 1):
        steps += _steps(entry, number)
    return Conversation(tuple(steps), name=name, model=_model(entries), source=LOG)


def _steps(entry: Mapping[str, Any], number: int) -> list[Step]:
    at = next((found for name in TIMES if (found := micros(entry.get(name)))), 0)
    match entry["type"]:
        case "message":
            role = ROLES.get(_first(entry, "role", "source").lower(), "user")
            return [Step(_dumped(role, _text(entry)), at)]
        case "tool_call":
            return _call(entry, at, number)
        case "tool_result":
            return [_result(_first(entry, "tool_call_id", "call_id", "id"), entry.get("result", _text(entry)), at)]
        case "error":
            return [Step(at=at, error=_text(entry) or "an error")]
        case _:
            return [Step(_decision(entry), at)]


def _call(entry: Mapping[str, Any], at: int, number: int) -> list[Step]:
    """The call, and its result where the entry has it, too."""
    said = {
        **object_of(entry.get("message")),
        **object_of(entry.get("content")),
        **object_of(entry.get("tool")),
        **entry,
    }
    given: Any = next(
        (said[name] for name in ("arguments", "args", "input", "parameters") if said.get(name) is not None), {}
    )
    call = {
        "id": _first(said, "tool_call_id", "call_id", "id") or f"call_{number}",
        "type": "function",
        "function": {
            "name": _first(said, "tool_name", "name", "tool", "function") or "tool",
            "arguments": given if isinstance(given, str) else dump(given).decode(),
        },
    }
    asked = Step(dump({"role": "assistant", "content": None, "tool_calls": [call]}), at)
    failed, result = said.get("error"), said.get("result", said.get("output"))
    if failed:
        result = {"error": failed}
    return [asked] if result is None else [asked, _result(str(call["id"]), result, at)]


def _result(call: str, result: Any, at: int) -> Step:
    text = result if isinstance(result, str) else dump(result).decode()
    return Step(dump({"role": "tool", "tool_call_id": call, "content": text}), at)


def _decision(entry: Mapping[str, Any]) -> bytes:
    """What was decided and why, as something that the assistant said."""
    rationale = _first(entry, "rationale", "reason", "reasoning")
    said = f"Decision: {_text(entry)}" + (f"\nRationale: {rationale}" if rationale else "")
    return dump({"role": "assistant", "name": "decision", "content": said})


def _text(entry: Mapping[str, Any]) -> str:
    for name in TEXTS:
        value = entry.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, dict):
            return text_of(value.get("content")) or text_of(value.get("message")) or dump(value).decode()
    return ""


def _first(entry: Mapping[str, Any], *names: str) -> str:
    return next((text for name in names if (text := text_of(entry.get(name)))), "")


def _model(entries: Sequence[Mapping[str, Any]]) -> str:
    return next((model for entry in entries if (model := text_of(entry.get("model")))), "")


def _dumped(role: str, content: str) -> bytes:
    return dump({"role": role, "content": content})
