"""Entries of a session's log, as programs read them."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy.shapes.spelling import rfc3339, share, uuid
from proxy.shapes.wire import verbatim
from storage.listings import EventRow


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An entry: a ``message``, ``tool_call``, ``tool_result``, ``summary``, ``error`` or ``decision``.

    ``content`` is what it says, or the tool's name; ``name``, ``arguments``, ``result`` and ``success`` are a tool
    call's (an error's ``name`` is how it ended, its ``arguments`` the context that was posted with it, a summary's
    ``name`` its segment's id).
    """

    id: str
    type: str
    source: str
    at: str | None
    session_id: str | None
    exchange_id: str | None
    message_id: int | None
    content: str
    name: str | None
    call_id: str | None
    arguments: Any
    result: Any
    success: bool | None
    rationale: str | None
    code: str | None
    confidence: float | None


def event(row: EventRow) -> Event:
    """An entry of a log."""
    return Event(
        id=uuid(row.id) or f"{row.kind}-{row.row}",
        type=row.type,
        source=row.source,
        at=rfc3339(row.at),
        session_id=uuid(row.session),
        exchange_id=uuid(row.exchange),
        message_id=row.message or None,
        content=row.text,
        name=row.name or None,
        call_id=row.call_id or None,
        arguments=_value(row.arguments),
        result=_value(row.result),
        success=row.ok,
        rationale=row.rationale or None,
        code=row.code or None,
        confidence=share(row.confidence),
    )


def _value(text: str) -> Any:
    """JSON where it is that, else the text."""
    return verbatim(text.encode()) if text else None
