"""Recorded responses, written anew: whole, or as the typed and numbered events of a stream. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from proxy.dialects.jsontext import dump, elements, load, object_of, objects_in, text_of
from proxy.dialects.rendering.told import Told, frame, words
from proxy.messages import Usage

Object = dict[str, Any]

_ENDED = {"": "completed", "stop": "completed", "tool_calls": "completed", "failed": "failed", "cancelled": "cancelled"}
"""The status that a reason stands for; any other is why a response is incomplete."""

_LISTS = {"summary": ("reasoning_summary_part", "summary_index"), "content": ("content_part", "content_index")}
"""An item's members that are lists of parts: what a part's events are called, and its number."""
_PARTS = {
    "output_text": ("output_text", "text"),
    "refusal": ("refusal", "refusal"),
    "reasoning_text": ("reasoning_text", "text"),
    "summary_text": ("reasoning_summary_text", "text"),
}
"""Of a part by its type: what the events of its text are called, and where the text stands."""
_TEXTS = {
    "function_call": ("function_call_arguments", "arguments"),
    "custom_tool_call": ("custom_tool_call_input", "input"),
    "mcp_call": ("mcp_call_arguments", "arguments"),
    "code_interpreter_call": ("code_interpreter_call_code", "code"),
}
"""The same of an item that has no parts."""


class ResponsesRenderer:
    """``Renderer`` of responses, where an answer is its items."""

    def plain(self, told: Told) -> bytes:
        """A response; its items are the recorded bytes."""
        return dump(_response(told))

    def stream(self, told: Told, *, usage: bool) -> list[bytes]:
        """Events: the response as it begins, each item from its first to its last, the response as it ended."""
        del usage  # these streams always tell it
        events = ({**event, "sequence_number": number} for number, event in enumerate(_events(told)))
        return [frame(dump(event), event["type"]) for event in events]


def _response(told: Told) -> Object:
    status = _ENDED.get(told.finish_reason, "incomplete")
    return {
        **_head(told, status),
        "error": {"code": "server_error", "message": "The response failed."} if status == "failed" else None,
        "incomplete_details": {"reason": told.finish_reason} if status == "incomplete" else None,
        "output": msgspec.Raw(_output(told)),
        "usage": _usage(told.usage),
    }


def _head(told: Told, status: str) -> Object:
    """What a response has from its beginning on, and what SDKs take for granted."""
    return {
        "id": told.id,
        "object": "response",
        "created_at": told.at,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": told.model,
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": None,
    }


def _output(told: Told) -> bytes:
    return b"[" + b",".join(told.answers) + b"]"


def _events(told: Told) -> Iterator[Object]:
    begun = _head(told, "in_progress")
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for at, raw in enumerate(elements(_output(told))):
        item = object_of(load(raw))
        place = {"item_id": item.get("id", ""), "output_index": at}
        yield {"type": "response.output_item.added", "output_index": at, "item": _begun(item)}
        yield from _parts(item, place)
        yield from _told(_TEXTS.get(text_of(item.get("type"))), item, place)
        yield {"type": "response.output_item.done", "output_index": at, "item": msgspec.Raw(raw)}
    response = _response(told)
    yield {"type": f"response.{response['status']}", "response": response}


def _begun(item: Object) -> Object:
    """An item without what its events bring."""
    lists: Object = {name: [] for name in _LISTS if isinstance(item.get(name), list)}
    _, text = _TEXTS.get(text_of(item.get("type")), ("", ""))
    status = {"status": "in_progress"} if "status" in item else {}
    return {**item, **status, **lists, **({text: ""} if isinstance(item.get(text), str) else {})}


def _parts(item: Object, place: Object) -> Iterator[Object]:
    for name, (called, number) in _LISTS.items():
        for at, part in enumerate(objects_in(item.get(name))):
            yield from _part(part, {**place, number: at}, f"response.{called}")


def _part(part: Object, place: Object, called: str) -> Iterator[Object]:
    spelt = _PARTS.get(text_of(part.get("type")))
    notes = objects_in(part.get("annotations"))
    empty = {**({spelt[1]: ""} if spelt else {}), **({"annotations": []} if notes else {})}
    yield {"type": f"{called}.added", **place, "part": {**part, **empty}}
    yield from _told(spelt, part, place)
    for at, note in enumerate(notes):
        more = {"annotation_index": at, "annotation": note}
        yield {"type": "response.output_text.annotation.added", **place, **more}
    yield {"type": f"{called}.done", **place, "part": part}


def _told(spelt: tuple[str, str] | None, holder: Object, place: Object) -> Iterator[Object]:
    """The events of a text, if there is one."""
    subject, name = spelt or ("", "")
    text = holder.get(name)
    if not isinstance(text, str):
        return
    more: Object = {"logprobs": []} if subject == "output_text" else {}
    for word in words(text):
        yield {"type": f"response.{subject}.delta", **place, "delta": word, **more}
    yield {"type": f"response.{subject}.done", **place, name: text, **more}


def _usage(used: Usage) -> Object | None:
    if used.prompt is None or used.completion is None:
        return None
    return {
        "input_tokens": used.prompt,
        "input_tokens_details": {"cached_tokens": used.cached or 0},
        "output_tokens": used.completion,
        "output_tokens_details": {"reasoning_tokens": used.reasoning or 0},
        "total_tokens": used.prompt + used.completion,
    }
