"""What the command-line tool ``llm`` logged, as conversations. Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from proxy.dialects.jsontext import dump
from proxy.imports.conversations import Conversation, Step
from proxy.imports.times import micros
from storage.llmlogs import Attached, Logged, LoggedMessage

LLM = "llm"


def conversations(logged: Iterable[Logged]) -> Iterator[Conversation]:
    """Calls one after the other; those that belong to no conversation are one each."""
    for name, found in groupby(logged, lambda one: one.conversation or f"llm-{one.id}"):
        rows = list(found)
        yield Conversation(tuple(_steps(rows)), name=name, title=rows[0].title, model=rows[0].model, source=LLM)


def _steps(rows: list[Logged]) -> Iterator[Step]:
    """All messages; a system prompt that comes with each call only where it is another one."""
    system = ""
    for row in rows:
        at = micros(row.at)
        ended = at + row.milliseconds * 1000 if at else 0
        *given, answer = row.messages
        for message in given:
            if message.role != "system" or message.text != system:
                yield Step(_raw(message), at, row.model)
            system = message.text if message.role == "system" else system
        yield Step(_raw(answer), ended, row.model, row.input_tokens, row.output_tokens)


def _raw(message: LoggedMessage) -> bytes:
    held: list[Any] = [_part(one) for one in message.attached]
    text = [{"type": "text", "text": message.text}] if message.text else []
    fields: dict[str, Any] = {"role": message.role, "content": [*text, *held] if held else message.text}
    if message.role == "tool":
        fields["tool_call_id"] = message.call_id
    if message.role == "assistant":
        fields["content"] = fields["content"] or None
    if message.reasoning:
        fields["reasoning_content"] = message.reasoning
    if message.calls:
        fields["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.calls
        ]
    return dump(fields)


def _part(one: Attached) -> dict[str, Any]:
    """An attachment in the form of chat completions."""
    data = b64encode(one.data).decode()
    family, _, form = one.type.partition("/")
    url = f"data:{one.type};base64,{data}" if one.data else one.url
    if family == "image":
        return {"type": "image_url", "image_url": {"url": url}}
    if family == "audio" and one.data:
        return {"type": "input_audio", "input_audio": {"data": data, "format": form}}
    return {"type": "file", "file": {"file_data": url}}
