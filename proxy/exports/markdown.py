"""A session as Markdown that reads well: who said what, what was called and what came back. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from proxy.exports.dialogue import Dialogue, system_messages
from proxy.messages import Message
from storage.views import CallRow, ExchangeRow, MessageRow

SPEAKERS: Mapping[str, str] = {"user": "User", "assistant": "Assistant", "tool": "Tool", "system": "System"}
TICKS = re.compile(r"`{3,}")
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def page(dialogue: Dialogue) -> str:
    """The whole session; where it forks, the messages before are not told again."""
    return "\n\n".join(["\n".join(_head(dialogue)), *_body(dialogue)]) + "\n"


def _head(dialogue: Dialogue) -> Iterator[str]:
    row = dialogue.session
    yield f"# {_line(row.title or row.name or 'Untitled')}"
    yield ""
    facts = {
        "session": str(_uuid(row.id)),
        "name": row.name or "",
        "model": row.model,
        "from": _moment(row.created_at),
        "to": _moment(row.updated_at),
        "messages": str(row.messages),
        "tokens": f"{row.prompt_tokens:,} in, {row.completion_tokens:,} out",
        "cost": "" if row.unpriced and not row.cost else f"${row.cost / 1e9:.4f}",
        "tags": ", ".join(row.tags),
    }
    yield from (f"- {name}: {_line(said)}" for name, said in facts.items() if said)


def _body(dialogue: Dialogue) -> Iterator[str]:
    calls: dict[int, list[CallRow]] = defaultdict(list)
    for call in dialogue.calls:
        calls[call.message].append(call)
    told: set[int] = set()
    system = b""
    branches = dialogue.branches()
    for number, branch in enumerate(branches, 1):
        new = [row for row in branch if row.id not in told]
        if number > 1:
            yield f"---\n\n*Branch {number} of {len(branches)}, from message {len(branch) - len(new)} on*"
        if dialogue.system(branch) != system:
            system = dialogue.system(branch)
            yield from _system(system)
        told.update(row.id for row in branch)
        for row in new:
            yield from _message(dialogue, row, calls)


def _system(data: bytes) -> Iterator[str]:
    texts = [_text(message.get("content")) for message in system_messages(data)]
    said = "\n\n".join(filter(None, texts))
    if said:
        yield f"<details><summary>System prompt</summary>\n\n{fenced(said)}\n\n</details>"


def _text(content: Any) -> str:
    items = content if isinstance(content, list) else [content]
    texts = (item.get("text", "") if isinstance(item, dict) else item for item in items)
    return "\n".join(text for text in texts if isinstance(text, str))


def _message(dialogue: Dialogue, row: MessageRow, calls: Mapping[int, Sequence[CallRow]]) -> Iterator[str]:
    message = dialogue.read(row)
    yield f"## {SPEAKERS.get(row.role, 'Other')}"
    if message.reasoning:
        yield f"<details><summary>Thoughts</summary>\n\n{fenced(message.reasoning)}\n\n</details>"
    yield from _said(row, message)
    names = [(call.name, call.arguments) for call in calls.get(row.id, ())]
    for name, arguments in names or [(call.name, call.arguments) for call in message.tool_calls]:
        yield f"Calls `{_line(name)}`:\n\n{fenced(_pretty(arguments), 'json')}"
    exchange = dialogue.exchanges.get(row.exchange)
    if row.relayed and exchange is not None:
        yield f"*{_facts(exchange)}*"


def _said(row: MessageRow, message: Message) -> Iterator[str]:
    kinds = [part.kind for part in message.parts if part.kind not in ("text", "refusal")]
    if row.role == "tool":
        yield fenced(_pretty(message.text))
    elif message.text.strip():
        yield _safe(message.text).strip("\n")
    if message.refusal:
        yield f"> Refused: {_line(message.refusal)}"
    if kinds:
        yield f"*with {_line(', '.join(kinds))}*"


def _facts(exchange: ExchangeRow) -> str:
    tokens = f"{exchange.prompt_tokens or 0:,} + {exchange.completion_tokens or 0:,} tokens"
    took = f"{(exchange.ended_at - exchange.at) / 1e6:.1f} s" if exchange.ended_at else ""
    ended = "" if exchange.ending == "complete" else exchange.ending.replace("_", " ")
    parts = (exchange.answered_by or exchange.model, tokens, took, ended)
    return " · ".join(_line(part) for part in parts if part)


def fenced(text: str, language: str = "") -> str:
    """Text between fences that are longer than any in it."""
    fence = "`" * max((len(found) + 1 for found in TICKS.findall(text)), default=3)
    return f"{fence}{language}\n{_safe(text).rstrip()}\n{fence}"


def _pretty(text: str) -> str:
    """JSON with one member a line; anything else as it is."""
    try:
        return msgspec.json.format(text.encode(), indent=2).decode()
    except (msgspec.DecodeError, UnicodeError):
        return text


def _safe(text: str) -> str:
    return STEERING.sub("", text.replace("\r\n", "\n"))


def _line(text: str) -> str:
    return " ".join(_safe(text).split())


def _uuid(value: bytes) -> str:
    digits = value.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
