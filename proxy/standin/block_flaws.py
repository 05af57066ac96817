"""What Anthropic refuses of a list of messages. Pure; asked for by a wish, as it reads all of them."""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any

Object = dict[str, Any]

_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_THOUGHTS = frozenset({"thinking", "redacted_thinking"})


def signature_of(thinking: str) -> str:
    """What proves that a thought comes back as it was given."""
    return b64encode(b"signed " + sha256(thinking.encode("utf-8", "surrogatepass")).digest()).decode()


def flaws(messages: Sequence[Any]) -> Iterator[str]:
    """What is wrong with the messages of a request."""
    turns = [message for message in messages if isinstance(message, dict)]
    roles = [turn.get("role") for turn in turns]
    yield from (f"messages.{at}: no role is called {role!r}" for at, role in enumerate(roles) if not _speaks(role))
    if roles[:1] != ["user"]:
        yield "messages: the first message must use the user role"
    if roles[-1:] != ["user"]:
        yield "messages: the last message must use the user role"
    yield from (f"messages: two of role {one} in a row" for one, other in pairwise(roles) if one == other)
    for at, turn in enumerate(turns):
        yield from (f"messages.{at}: {flaw}" for flaw in _flaws_of(turn))
    yield from _parted(turns)


def _speaks(role: Any) -> bool:
    return role in ("user", "assistant")


def _flaws_of(turn: Object) -> Iterator[str]:
    content = turn.get("content")
    blocks = _blocks(turn)
    if not blocks or len(blocks) != len(content if isinstance(content, list) else blocks):
        yield "content must be text or blocks, and not empty"
    for block in blocks:
        yield from _block_flaws(block)
    kinds = [block.get("type") for block in blocks]
    if "tool_result" in kinds and "tool_result" in kinds[kinds.count("tool_result") :]:
        yield "tool_result blocks must come first"
    thoughts = [kind in _THOUGHTS for kind in kinds]
    if any(thoughts) and (turn.get("role") != "assistant" or not thoughts[0]):
        yield "thinking blocks must come first, in an assistant's message"


def _block_flaws(block: Object) -> Iterator[str]:
    match block.get("type"):
        case "text" if not str(block.get("text") or "").strip():
            yield "text content blocks must be non-empty"
        case "thinking" if block.get("signature") != signature_of(str(block.get("thinking"))):
            yield "invalid signature in thinking block"
        case "redacted_thinking" if not block.get("data"):
            yield "redacted_thinking.data: field required"
        case "tool_use" if not _NAME.fullmatch(str(block.get("id"))) or not isinstance(block.get("input"), dict):
            yield "tool_use needs an id of letters and digits, and an object as its input"


def _blocks(turn: Object) -> list[Object]:
    content = turn.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _parted(turns: Sequence[Object]) -> Iterator[str]:
    """Uses of tools without their results in the next message, and results without their uses."""
    waiting: list[Any] = []
    seen: set[Any] = set()
    for turn in [*turns, {}]:
        results = [block.get("tool_use_id") for block in _blocks(turn) if block.get("type") == "tool_result"]
        yield from (f"unexpected tool_use_id {name!r} in a tool_result" for name in results if name not in waiting)
        yield from (
            f"tool_use {name!r} without a tool_result right after it" for name in waiting if name not in results
        )
        if len(set(results)) < len(results):
            yield "each tool_use must have a single result"
        waiting = [block.get("id") for block in _blocks(turn) if block.get("type") == "tool_use"]
        if len(set(waiting) - seen) < len(waiting):
            yield "tool_use ids must be unique"
        seen.update(waiting)
