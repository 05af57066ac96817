"""Recorded chat completions, written anew. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proxy.dialects.jsontext import dump, load, object_of, objects_in, text_of
from proxy.dialects.rendering.choices import chunks, whole
from proxy.dialects.rendering.told import Told, words

STREAMED = ("reasoning_content", "reasoning", "content", "refusal")
SPELT = frozenset({"role", "tool_calls", *STREAMED})
"""What has deltas of its own; all else of a message comes whole."""


class ChatRenderer:
    """``Renderer`` of chat completions."""

    def plain(self, told: Told) -> bytes:
        """A completion; the messages are the recorded bytes."""
        choices = (
            b'{"index":%d,"message":%s,"logprobs":null,"finish_reason":%s}' % (at, body, dump(_reason(told, at, body)))
            for at, body in enumerate(told.answers)
        )
        return whole(told, "chat.completion", choices)

    def stream(self, told: Told, *, usage: bool) -> list[bytes]:
        """Chunks: role, words, calls, reason, usage."""
        return chunks(told, "chat.completion.chunk", _choices(told), usage=usage)


def _choices(told: Told) -> Iterator[dict[str, Any]]:
    for at, body in enumerate(told.answers):
        for delta in _deltas(object_of(load(body))):
            yield {"index": at, "delta": delta, "finish_reason": None}
        yield {"index": at, "delta": {}, "finish_reason": _reason(told, at, body)}


def _deltas(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"role": text_of(message.get("role")) or "assistant", "content": "" if message.get("content") else None}
    for field in STREAMED:
        value = message.get(field)
        if isinstance(value, str):
            yield from ({field: word} for word in words(value))
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
