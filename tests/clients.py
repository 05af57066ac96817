"""How the captured clients write a conversation down: the order of keys, an answer's content, its calls' arguments.

Knows the neutral ``Said`` and the wire's JSON. Each client is tested against its capture in ``tests/wire/captures``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call, its arguments as the model wrote them."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Said:
    """One message. ``relayed`` says that the upstream under test gave it: only then may it name a conversation."""

    role: str
    text: str = ""
    calls: tuple[Called, ...] = ()
    call_id: str = ""
    relayed: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Client:
    """One client: how it writes an answer and its questions, and how it writes JSON."""

    name: str
    answer: Callable[[Said], Object]
    question: Callable[[Said], Object]
    system_role: str = "system"
    spaced: bool = False
    escaped: bool = False
    tools: bool = True
    reminds: bool = False

    def body(self, messages: Sequence[Said], fields: Object) -> bytes:
        """A request's body. A client that reminds puts its system prompt last as well as first."""
        listed = [self.message(said) for said in messages]
        if self.reminds and messages[0].role == "system":
            listed.append(self.message(messages[0]))
        separators = (", ", ": ") if self.spaced else (",", ":")
        value = {"model": "gpt-4o-mini", "messages": listed, **fields}
        return json.dumps(value, separators=separators, ensure_ascii=self.escaped).encode()

    def message(self, said: Said) -> Object:
        """One message of the list."""
        if said.role == "assistant":
            return self.answer(said)
        if said.role == "tool":
            return {"role": "tool", "tool_call_id": said.call_id, "content": said.text}
        role = self.system_role if said.role == "system" else said.role
        return self.question(Said(role, said.text))


def _plain(said: Said) -> Object:
    return {"role": said.role, "content": said.text}


def _content_first(said: Said) -> Object:
    return {"content": said.text, "role": said.role}


def _in_parts(said: Said) -> Object:
    return {"role": said.role, "content": [{"type": "text", "text": said.text}]}


def _as_it_came(call: Called) -> str:
    return call.arguments


def _python(call: Called) -> str:
    return json.dumps(json.loads(call.arguments))


def _javascript(call: Called) -> str:
    value = json.loads(call.arguments, parse_float=_number)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _number(digits: str) -> int | float:
    value = float(digits)
    return int(value) if value.is_integer() else value


def _calls(said: Said, keys: str, arguments: Callable[[Called], str], inner: str = "name arguments") -> list[Object]:
    return [
        _ordered(
            {
                "id": call.id,
                "type": "function",
                "function": _ordered({"name": call.name, "arguments": arguments(call)}, inner),
            },
            keys,
        )
        for call in said.calls
    ]


def _ordered(value: Object, keys: str) -> Object:
    return {key: value[key] for key in keys.split()}


def _openai_python(said: Said) -> Object:
    answer: Object = {"content": said.text or None, "refusal": None, "role": "assistant"}
    calls = _calls(said, "id function type", _as_it_came, "arguments name")
    rest: Object = {"tool_calls": calls} if calls else {"annotations": [], "audio": None}
    return answer | rest


def _openai_node(said: Said) -> Object:
    answer: Object = {"role": "assistant", "content": said.text or None}
    calls = _calls(said, "id type function", _as_it_came, "arguments name")
    rest: Object = {"tool_calls": calls} if calls else {"refusal": None}
    return answer | rest


def _langchain(said: Said) -> Object:
    calls = _calls(said, "type id function", _python)
    return {"content": said.text or None, "role": "assistant"} | ({"tool_calls": calls} if calls else {})


def _litellm(said: Said) -> Object:
    calls = _calls(said, "function id type", _as_it_came, "arguments name")
    answer: Object = {"content": said.text or None, "role": "assistant", "tool_calls": calls or None}
    dropped: Object = {"function_call": None, "provider_specific_fields": {"refusal": None}}
    return answer | dropped | {"reasoning_content": "Let me think."}


def _ai_sdk(said: Said) -> Object:
    calls = _calls(said, "id type function", _javascript)
    return {"role": "assistant", "content": said.text or None} | ({"tool_calls": calls} if calls else {})


def _opencode(said: Said) -> Object:
    calls = _calls(said, "id type function", _javascript)
    return {"role": "assistant", "content": said.text} | ({"tool_calls": calls} if calls else {})


def _llm_cli(said: Said) -> Object:
    calls = _calls(said, "type id function", _python)
    return {"role": "assistant", "content": said.text or None} | ({"tool_calls": calls} if calls else {})


def _pydantic_ai(said: Said) -> Object:
    calls = _calls(said, "id type function", _as_it_came)
    return {"role": "assistant", "content": said.text or None} | ({"tool_calls": calls} if calls else {})


def _openai_agents(said: Said) -> Object:
    calls = _calls(said, "id type function", _as_it_came)
    answer: Object = {"role": "assistant"} | ({"content": said.text} if said.text else {})
    return answer | ({"tool_calls": calls} if calls else {})


def _aider(said: Said) -> Object:
    return {"role": "assistant", "content": said.text.strip()}


def _in_pieces(said: Said) -> Object:
    middle = len(said.text) // 2
    pieces = [said.text[:middle], said.text[middle:]]
    calls = _calls(said, "type function id", _python)
    answer: Object = {"content": [{"text": piece, "type": "text"} for piece in pieces], "role": "assistant"}
    return answer | {"tool_calls": calls, "refusal": "", "name": None}


CLIENTS = (
    Client("openai-python", _openai_python, _plain),
    Client("openai-node", _openai_node, _plain, system_role="developer"),
    Client("langchain", _langchain, _content_first),
    Client("llamaindex", _pydantic_ai, _plain),
    Client("litellm", _litellm, _plain),
    Client("ai-sdk", _ai_sdk, _plain),
    Client("opencode", _opencode, _plain),
    Client("llm-cli", _llm_cli, _plain),
    Client("pydantic-ai", _pydantic_ai, _plain),
    Client("aider", _aider, _plain, tools=False, reminds=True),
    Client("openai-agents", _openai_agents, _content_first),
    Client("parts", _in_pieces, _in_parts, spaced=True, escaped=True),
)
