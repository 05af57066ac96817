"""Recorded answers of ``/messages``, written anew. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proxy.dialects.jsontext import dump, elements, load, object_of, objects_in
from proxy.dialects.rendering.told import Told, frame, words
from proxy.messages import Usage

Object = dict[str, Any]


class AnthropicRenderer:
    """``Renderer`` of Anthropic's messages, where an answer is its blocks."""

    def plain(self, told: Told) -> bytes:
        """A message; its blocks are the recorded bytes."""
        ended = {"stop_reason": _reason(told), "stop_sequence": None, "usage": _usage(told.usage)}
        return dump(_head(told))[:-1] + b',"content":' + _content(told) + b"," + dump(ended)[1:]

    def stream(self, told: Told, *, usage: bool) -> list[bytes]:
        """Events: the message without its content, each block from its start to its stop, the reason."""
        del usage  # these streams always tell it
        return [frame(dump(event), event["type"]) for event in _events(told)]


def _content(told: Told) -> bytes:
    return b"[" + b",".join(told.answers) + b"]"


def _events(told: Told) -> Iterator[Object]:
    used = _usage(told.usage)
    begun: Object = {"content": [], "stop_reason": None, "stop_sequence": None, "usage": {**used, "output_tokens": 0}}
    yield {"type": "message_start", "message": {**_head(told), **begun}}
    for at, raw in enumerate(elements(_content(told))):
        block, deltas = _spelt(object_of(load(raw)))
        yield {"type": "content_block_start", "index": at, "content_block": block}
        yield from ({"type": "content_block_delta", "index": at, "delta": delta} for delta in deltas)
        yield {"type": "content_block_stop", "index": at}
    ended = {"stop_reason": _reason(told), "stop_sequence": None}
    yield {"type": "message_delta", "delta": ended, "usage": {"output_tokens": used["output_tokens"]}}
    yield {"type": "message_stop"}


def _head(told: Told) -> Object:
    return {"id": told.id, "type": "message", "role": "assistant", "model": told.model}


def _spelt(block: Object) -> tuple[Object, list[Object]]:
    """How a block begins, and the deltas that make it whole; what has none comes whole at once."""
    begun, deltas = dict(block), list[Object]()
    for name in ("thinking", "text"):
        if isinstance(block.get(name), str):
            begun[name] = ""
            deltas += [{"type": f"{name}_delta", name: word} for word in words(block[name])]
    if cited := objects_in(block.get("citations")):
        begun["citations"] = []
        deltas += [{"type": "citations_delta", "citation": one} for one in cited]
    if "signature" in block:
        begun["signature"] = ""
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    if "input" in block:
        begun["input"] = {}
        given = block["input"]
        # Text is what a stream left that broke off in the middle of a call.
        deltas.append({"type": "input_json_delta", "partial_json": given if isinstance(given, str) else _json(given)})
    return begun, deltas


def _json(value: Any) -> str:
    return dump(value).decode()


def _reason(told: Told) -> str:
    if told.finish_reason:
        return told.finish_reason
    calls = any(block.get("type") == "tool_use" for block in objects_in(load(_content(told))))
    return "tool_use" if calls else "end_turn"


def _usage(used: Usage) -> dict[str, int]:
    """The tokens with the parts of the prompt apart, as they are told here."""
    parts = {"cache_creation_input_tokens": used.cache_written, "cache_read_input_tokens": used.cached}
    known = {name: count for name, count in parts.items() if count is not None}
    prompt = max(0, (used.prompt or 0) - sum(known.values()))
    return {"input_tokens": prompt, **known, "output_tokens": used.completion or 0}
