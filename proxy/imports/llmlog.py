"""What the command-line tool ``llm`` logged, as conversations. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from proxy.dialects.jsontext import dump
from proxy.imports.conversations import Conversation, Step
from proxy.imports.times import micros
from storage.llmlogs import Logged

LLM = "llm"


def conversations(logged: Iterable[Logged]) -> Iterator[Conversation]:
    """Responses one after the other; those that belong to no conversation are one each."""
    for name, found in groupby(logged, lambda one: one.conversation or f"llm-{one.id}"):
        rows = list(found)
        steps = tuple(step for at, row in enumerate(rows) for step in _steps(row, rows[at - 1].system if at else ""))
        yield Conversation(steps, name=name, title=rows[0].title, model=rows[0].model, source=LLM)


def _steps(row: Logged, system: str) -> Iterator[Step]:
    at = micros(row.at)
    if row.system and row.system != system:
        yield Step(dump({"role": "system", "content": row.system}), at)
    for result in row.results:
        yield Step(dump({"role": "tool", "tool_call_id": result.id, "content": result.text}), at)
    if row.prompt or not row.results:
        yield Step(dump({"role": "user", "content": row.prompt}), at)
    said: dict[str, Any] = {"role": "assistant", "content": row.response or None}
    if row.calls:
        said["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}}
            for call in row.calls
        ]
    ended = at + row.milliseconds * 1000 if at else 0
    yield Step(dump(said), ended, row.model, row.input_tokens, row.output_tokens)
