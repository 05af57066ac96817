"""What OpenAI refuses of the items that a response is to follow. Pure; asked for by a wish, as it reads all of them."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

Item = dict[str, Any]

ROLES = frozenset({"system", "developer", "user", "assistant"})
_CALLS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}


def flaws(items: Sequence[Item]) -> Iterator[str]:
    """What is wrong with the items, those that are held with those that came."""
    names = Counter(item["id"] for item in items if item.get("id"))
    yield from (f"Duplicate item found with id {name}" for name, times in names.items() if times > 1)
    for item in items:
        yield from _flaws_of(item)
    for item, following in pairwise([*items, {"type": "message", "role": "user", "content": "the end"}]):
        if item.get("type") == "reasoning" and not _is_answer(following):
            yield f"Item {item.get('id')} of type 'reasoning' was provided without its required following item"
    yield from _parted(items)


def _flaws_of(item: Item) -> Iterator[str]:
    kind = item.get("type", "message")
    if kind == "message":
        if item.get("role") not in ROLES:
            yield f"Invalid value: {item.get('role')!r}: no role"
        if not item.get("content"):
            yield f"A message of role {item.get('role')} is empty"
    if kind == "reasoning" and (sealed := item.get("encrypted_content")) and sealed != _sealed(item):
        yield f"The encrypted content of item {item.get('id')} could not be verified"


def _sealed(item: Item) -> str:
    return seal("".join(str(part.get("text")) for part in item.get("summary") or []))


def seal(thought: str) -> str:
    """What a thought looks like to those who may not read it."""
    return b64encode(b"sealed " + thought.encode("utf-8", "surrogatepass")).decode()


def _is_answer(item: Item) -> bool:
    kind = item.get("type", "message")
    return kind in {"reasoning", *_CALLS} or (kind == "message" and item.get("role") == "assistant")


def _parted(items: Sequence[Item]) -> Iterator[str]:
    """Calls without results anywhere after them, and results without calls before them."""
    waiting: dict[Any, str] = {}
    for item in items:
        kind, name = item.get("type", "message"), item.get("call_id")
        if kind in _CALLS:
            waiting[name] = _CALLS[kind]
        elif kind in _CALLS.values() and waiting.pop(name, "") != kind:
            yield f"No tool call found for the output with call_id {name}"
    yield from (f"No tool output found for the call {name}" for name in waiting)
