"""Prompt -> Reply: what the stand-in says, before anyone thinks of bytes.

Pure and deterministic: the same prompt gets the same words. Ids come from the caller, since no two calls may share one.
"""

import json
import re
from collections.abc import Callable
from typing import Any
from zlib import crc32

import msgspec

from proxy.standin.faults import Faults
from proxy.standin.prompts import Prompt
from proxy.standin.schemas import place_in, value_for

_ALWAYS_SAID = frozenset({"get", "set", "the", "and", "for", "tool", "function"})
_SKIES = ("sunny", "cloudy", "raining", "windy", "foggy", "snowing")
_SUM = re.compile(r"(-?\d{1,9})\s*([-+*x])\s*(-?\d{1,9})")
_INTRODUCTION = re.compile(r"\bmy name is ([^\W\d_][\w'-]*)", re.IGNORECASE)
_COUNT_TO = re.compile(r"\bcount to (\d{1,4})\b", re.IGNORECASE)
_FILLER = "And so on, and so forth. "


class ToolCall(msgspec.Struct, frozen=True):
    """A function that the model wants called; its arguments are JSON."""

    id: str
    name: str
    arguments: str


class Choice(msgspec.Struct, frozen=True):
    """One answer."""

    text: str | None = None
    calls: tuple[ToolCall, ...] = ()
    reasoning: str | None = None
    refusal: str | None = None

    @property
    def finish_reason(self) -> str:
        """Why the answer ended."""
        return "tool_calls" if self.calls else "stop"


class Reply(msgspec.Struct, frozen=True):
    """All answers to a prompt, and what they cost."""

    choices: tuple[Choice, ...]
    usage: dict[str, Any]


def reply_to(prompt: Prompt, faults: Faults, mark: str) -> Reply:
    """Answer a prompt; the mark makes the ids of its tool calls unique."""
    count = max(1, prompt.request.n or 1)
    choices = tuple(_choice(prompt, faults, f"{mark}_{index}" if index else mark, index) for index in range(count))
    said = sum(_length(choice) for choice in choices)
    thought = sum(len(choice.reasoning or "") for choice in choices) // 4
    return Reply(choices, usage(prompt.tokens, max(1, said // 4) + thought, thought))


def usage(prompt: int, completion: int, reasoning: int = 0) -> dict[str, Any]:
    """Count as the wire does; long prompts are said to be cached in steps of 128, as real ones are."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": prompt // 128 * 128 if prompt >= 1024 else 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reasoning, "audio_tokens": 0},
    }


def sized(text: str, faults: Faults) -> str:
    """Stretch or shorten a text to what was asked."""
    if faults.text is not None:
        return faults.text
    wanted = faults.size if faults.size is not None else max(len(text), faults.frames or 0)
    if faults.frames == 0:
        return ""
    if wanted > len(text):
        text = text + " " + _FILLER * (wanted // len(_FILLER) + 1)
    return text[:wanted]


def _choice(prompt: Prompt, faults: Faults, mark: str, index: int) -> Choice:
    reasoning = f"The user says: {prompt.text[:200]} Let me think." if faults.reasoning else None
    if faults.refusal:
        return Choice(refusal="I'm sorry, but I can't help with that.", reasoning=reasoning)
    names = _tools_to_call(prompt, faults)
    if names:
        return Choice(calls=_calls(prompt, names, mark), reasoning=reasoning)
    text = _text(prompt)
    return Choice(text=sized(text if index == 0 else f"{text} (Take {index + 1}.)", faults), reasoning=reasoning)


def _length(choice: Choice) -> int:
    arguments = sum(len(call.name) + len(call.arguments) for call in choice.calls)
    return len(choice.text or choice.refusal or "") + arguments


# Which tools are called


def _tools_to_call(prompt: Prompt, faults: Faults) -> list[str]:
    if prompt.results:
        return []
    if faults.tool:
        return [faults.tool]
    offered = list(_functions(prompt))
    if not offered:
        return []
    return _chosen(prompt, offered)


def _chosen(prompt: Prompt, offered: list[str]) -> list[str]:
    match prompt.request.tool_choice:
        case "none":
            return []
        case {"function": {"name": str(name)}}:
            return [name]
        case "required":
            return _mentioned(prompt, offered) or offered[:1]
        case _:
            return _mentioned(prompt, offered)


def _mentioned(prompt: Prompt, offered: list[str]) -> list[str]:
    """Name the tools of which the text says a word: `get_weather`, when it speaks of the weather."""
    spoken = frozenset(re.findall(r"[^\W_]+", prompt.text.lower()))
    named = [name for name in offered if _words(name) & spoken]
    return named[:1] if prompt.request.parallel_tool_calls is False else named


def _words(name: str) -> frozenset[str]:
    parts = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    return frozenset(word for word in re.findall(r"[^\W_]+", parts) if len(word) > 2) - _ALWAYS_SAID


def _functions(prompt: Prompt) -> dict[str, Any]:
    """Map each offered function's name to the schema of its parameters."""
    tools = [tool for tool in prompt.request.tools or [] if isinstance(tool, dict)]
    functions = [tool["function"] for tool in tools if isinstance(tool.get("function"), dict)]
    return {str(function.get("name")): function.get("parameters") or {} for function in functions}


def _calls(prompt: Prompt, names: list[str], mark: str) -> tuple[ToolCall, ...]:
    schemas = _functions(prompt)
    values = [value_for({"type": "object", **schemas.get(name, {})}, prompt.text) for name in names]
    dumped = [json.dumps(value, ensure_ascii=False) for value in values]
    pairs = enumerate(zip(names, dumped, strict=True), 1)
    return tuple(ToolCall(f"call_{mark}_{place}", name, arguments) for place, (name, arguments) in pairs)


# What is said


def _text(prompt: Prompt) -> str:
    wanted = prompt.request.response_format or {}
    match wanted.get("type"):
        case "json_schema":
            schema = (wanted.get("json_schema") or {}).get("schema") or {}
            return json.dumps(value_for(schema, prompt.text), ensure_ascii=False)
        case "json_object":
            return json.dumps({"answer": said(prompt)}, ensure_ascii=False)
        case _:
            return said(prompt)


def said(prompt: Prompt) -> str:
    """Say something fitting: the first rule that knows an answer gives it."""
    if prompt.results:
        return " ".join(f"{name} says: {content.strip() or 'nothing'}." for name, content in prompt.results)
    return next(filter(None, (rule(prompt) for rule in _RULES)))


def _name(prompt: Prompt) -> str | None:
    if "my name" not in prompt.text.lower():
        return None
    introduced = _INTRODUCTION.search(prompt.text)
    if introduced:
        return f"Nice to meet you, {introduced[1]}!"
    earlier = (_INTRODUCTION.search(message.text) for message in prompt.history() if message.role != "assistant")
    names = [found[1] for found in earlier if found]
    return f"Your name is {names[-1]}." if names else "You haven't told me your name yet."


def _weather(prompt: Prompt) -> str | None:
    if "weather" not in prompt.text.lower():
        return None
    place = place_in(prompt.text)
    luck = crc32(place.lower().encode())
    return f"In {place} it is {luck % 30 + 1} °C and {_SKIES[luck % len(_SKIES)]}."


def _arithmetic(prompt: Prompt) -> str | None:
    found = _SUM.search(prompt.text)
    if not found:
        return None
    left, right = int(found[1]), int(found[3])
    result = {"+": left + right, "-": left - right}.get(found[2], left * right)
    return f"{left} {found[2]} {right} is {result}."


def _counting(prompt: Prompt) -> str | None:
    found = _COUNT_TO.search(prompt.text)
    return ", ".join(map(str, range(1, int(found[1]) + 1))) + "." if found else None


def _courtesy(prompt: Prompt) -> str | None:
    first = next(iter(re.findall(r"\w+", prompt.text.lower())), "")
    if first in {"hi", "hello", "hey"}:
        return "Hello! What would you like to know?"
    return "You're welcome." if first in {"thanks", "thank"} else None


def _echo(prompt: Prompt) -> str:
    text = prompt.text.strip()
    if not text:
        return "I'm listening."
    quoted = text if len(text) <= 400 else text[:400] + "…"
    if text.endswith("?"):
        verdict = ("Yes.", "No.", "It depends.")[crc32(text.encode()) % 3]
        return f"You ask: “{quoted}” {verdict}"
    return f"You said: “{quoted}”"


_RULES: tuple[Callable[[Prompt], str | None], ...] = (_name, _weather, _arithmetic, _counting, _courtesy, _echo)
