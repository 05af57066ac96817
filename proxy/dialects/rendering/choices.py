"""What chats and completions have in common: a reply is a list of choices, and a stream brings one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from proxy.dialects.jsontext import dump
from proxy.dialects.rendering.told import Told, frame


def whole(told: Told, kind: str, choices: Iterable[bytes]) -> bytes:
    """A reply in one piece, its choices as they are given."""
    head, usage = dump(_head(told, kind)), _usage(told)
    tail = b"}" if usage is None else b',"usage":' + dump(usage) + b"}"
    return head[:-1] + b',"choices":[' + b",".join(choices) + b"]" + tail


def chunks(told: Told, kind: str, choices: Iterable[Mapping[str, Any]], *, usage: bool) -> list[bytes]:
    """A stream in which each chunk brings a piece of one choice, and the last one the usage, if it is known."""
    head, counted = _head(told, kind), _usage(told) if usage else None
    more = {} if counted is None else {"usage": None}
    frames = [frame(dump({**head, "choices": [choice], **more})) for choice in choices]
    last = [] if counted is None else [frame(dump({**head, "choices": [], "usage": counted}))]
    return [*frames, *last, frame(b"[DONE]")]


def _head(told: Told, kind: str) -> dict[str, Any]:
    return {"id": told.id, "object": kind, "created": told.at, "model": told.model}


def _usage(told: Told) -> dict[str, Any] | None:
    used = told.usage
    if used.prompt is None or used.completion is None:
        return None
    return {
        "prompt_tokens": used.prompt,
        "completion_tokens": used.completion,
        "total_tokens": used.prompt + used.completion,
        **({} if used.cached is None else {"prompt_tokens_details": {"cached_tokens": used.cached}}),
        **({} if used.reasoning is None else {"completion_tokens_details": {"reasoning_tokens": used.reasoning}}),
    }
