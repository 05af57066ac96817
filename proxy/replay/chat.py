"""Recorded chat completions, written anew. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from proxy.dialects.jsontext import dump, load, object_of, objects_in, text_of
from proxy.replay.told import Told

WORDS = re.compile(r"\s*\S+\s*", re.DOTALL)
STREAMED = ("reasoning_content", "reasoning", "content", "refusal")
SPELT = frozenset({"role", "tool_calls", *STREAMED})
"""What has deltas of its own; all else of a message comes whole."""


class ChatRenderer:
    """``Renderer`` of chat completions."""

    def plain(self, told: Told) -> bytes:
        """A completion; the messages are the recorded bytes."""
        choices = [
            b'{"index":%d,"message":%s,"logprobs":null,"finish_reason":%s}' % (at, body, dump(_reason(told, at, body)))
            for at, body in enumerate(told.answers)
        ]
        usage = _usage(told)
        head = dump({"id": told.id, "object": "chat.completion", "created": told.at, "model": told.model})
        tail = b',"usage":' + dump(usage) + b"}" if usage else b"}"
        return head[:-1] + b',"choices":[' + b",".join(choices) + b"]" + tail

    def stream(self, told: Told, *, usage: bool) -> list[bytes]:
        """Chunks: role, words, calls, reason, usage."""
        chunks: list[dict[str, Any]] = []
        for at, body in enumerate(told.answers):
            chunks += [{"index": at, "delta": delta, "finish_reason": None} for delta in _deltas(object_of(load(body)))]
            chunks.append({"index": at, "delta": {}, "finish_reason": _reason(told, at, body)})
        counted = _usage(told) if usage else None
        frames = [_frame(told, [chunk], {"usage": None} if usage else {}) for chunk in chunks]
        last = [_frame(told, [], {"usage": counted})] if counted else []
        return [*frames, *last, b"data: [DONE]\n\n"]


def _frame(told: Told, choices: list[dict[str, Any]], more: dict[str, Any]) -> bytes:
    head = {"id": told.id, "object": "chat.completion.chunk", "created": told.at, "model": told.model}
    return b"data: " + dump({**head, "choices": choices, **more}) + b"\n\n"


def _deltas(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"role": text_of(message.get("role")) or "assistant", "content": "" if message.get("content") else None}
    for field in STREAMED:
        value = message.get(field)
        if isinstance(value, str):
            yield from ({field: word} for word in WORDS.findall(value) or [value][: bool(value)])
        elif value:
            yield {field: value}
    for at, call in enumerate(objects_in(message.get("tool_calls"))):
        yield from _called(at, call)
    rest = {field: value for field, value in message.items() if field not in SPELT and value}
    if rest:
        yield rest


def _called(at: int, call: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A call's name, then its arguments."""
    function = call.get("function")
    arguments = object_of(function).get("arguments")
    if not isinstance(arguments, str) or not arguments:
        yield {"tool_calls": [{"index": at, **call}]}
        return
    yield {"tool_calls": [{"index": at, **call, "function": {**object_of(function), "arguments": ""}}]}
    yield {"tool_calls": [{"index": at, "function": {"arguments": arguments}}]}


def _reason(told: Told, at: int, body: bytes) -> str:
    """The reason that was recorded, which is the first answer's."""
    if at == 0 and told.finish_reason:
        return told.finish_reason
    return "tool_calls" if object_of(load(body)).get("tool_calls") else "stop"


def _usage(told: Told) -> dict[str, int] | None:
    if told.prompt_tokens is None or told.completion_tokens is None:
        return None
    prompt, completion = told.prompt_tokens, told.completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
