"""Plain lists of messages, as a value of JSON: a list, ``{"messages": […]}``, or a list of either. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proxy.dialects.jsontext import dump, object_of, text_of
from proxy.imports.conversations import Conversation, Step
from proxy.imports.times import micros

LISTS = "messages"


class NoConversation(ValueError):
    """The value is none; the sentence says why."""


def conversations(value: Any) -> Iterator[Conversation]:
    """All conversations in a value. Raises ``NoConversation``."""
    if isinstance(value, list) and value and not is_message(value[0]):
        for item in value:
            yield from conversations(item)
        return
    listed = value.get("messages") if isinstance(value, dict) else value
    if not isinstance(listed, list) or not listed:
        message = "it is no list of messages, and has none"
        raise NoConversation(message)
    yield _conversation(object_of(value), listed)


def is_message(value: Any) -> bool:
    """Whether a value is a message in the form of chat completions."""
    return isinstance(value, dict) and isinstance(value.get("role"), str) and "type" not in value


def _conversation(around: dict[str, Any], listed: list[Any]) -> Conversation:
    for at, item in enumerate(listed):
        if not is_message(item):
            message = f"item {at + 1} of its messages has no role"
            raise NoConversation(message)
    model = text_of(around.get("model"))
    steps = tuple(Step(dump(item), micros(item.get("timestamp")), model) for item in listed)
    title = text_of(around.get("title")) or text_of(around.get("name"))
    return Conversation(steps, title=title, model=model, source=LISTS)
