"""Branches as OpenAI's fine-tuning data: a line each, up to its last answer. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from proxy.dialects.jsontext import dump
from proxy.exports.dialogue import Dialogue, shared_form, system_messages
from storage.views import MessageRow

SYSTEM = frozenset({"system", "developer"})


def lines(dialogue: Dialogue) -> Iterator[bytes]:
    """A line for each branch that has an answer; no two are the same."""
    seen: set[int] = set()
    for branch in dialogue.branches():
        answered = _answered(branch)
        if answered and answered[-1].id not in seen:
            seen.add(answered[-1].id)
            yield dump(_example(dialogue, answered)) + b"\n"


def _answered(branch: Sequence[MessageRow]) -> list[MessageRow]:
    """The branch without what follows its last answer."""
    last = max((at for at, row in enumerate(branch) if row.role == "assistant"), default=-1)
    return list(branch[: last + 1])


def _example(dialogue: Dialogue, branch: Sequence[MessageRow]) -> dict[str, Any]:
    spoken = [shared_form(dialogue, row) for row in branch]
    if not any(form.get("role") in SYSTEM for form in spoken):
        spoken = [*system_messages(dialogue.system(branch)), *spoken]
    tools = dialogue.tools.get(branch[-1].exchange)
    return {"messages": spoken} | ({"tools": tools} if tools else {})
