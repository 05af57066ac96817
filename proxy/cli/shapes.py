"""What commands print with ``--json``: the shapes of ``/api``, and two that only the command line has. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy.cli.conversation import Conversation as Shown
from proxy.cli.conversation import Recorded
from proxy.shapes.events import Event, event
from proxy.shapes.exchanges import Exchange, exchange
from proxy.shapes.plain import escape
from proxy.shapes.sessions import Branch, Message, Session, ToolCall, branch, call, message, session
from proxy.shapes.spelling import uuid
from proxy.shapes.wire import system_text


class Conversation(Session, frozen=True, kw_only=True):
    """A session with its branches, and all that is recorded of it; ``path`` are the messages shown."""

    child_ids: list[str]
    branch: int | None
    branches: list[Branch]
    system: dict[str, str]
    path: list[int]
    messages: list[Message]
    tool_calls: list[ToolCall]
    exchanges: list[Exchange]
    posted: list[Event]


def write(value: object) -> str:
    """Write a shape as JSON that is safe on a terminal."""
    return escape(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def conversation(recorded: Recorded, shown: Shown) -> Conversation:
    """All that is recorded of a session."""
    head: dict[str, Any] = msgspec.structs.asdict(session(recorded.session))
    return Conversation(
        **head,
        child_ids=[str(uuid(child.id)) for child in recorded.children],
        branch=shown.branch.number if shown.branch else None,
        branches=[branch(each) for each in shown.tree.branches],
        system={hash.hex(): system_text(data) for hash, data in recorded.systems.items()},
        path=[step.message.id for step in (shown.tree.steps(shown.branch) if shown.branch else [])],
        messages=[message(row) for row in recorded.messages],
        tool_calls=[call(row) for row in recorded.calls],
        exchanges=[exchange(row, recorded.attempts.get(row.id, ())) for row in recorded.exchanges],
        posted=[event(row) for row in recorded.posted],
    )
