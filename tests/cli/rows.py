"""Rows to read, with just the fields that matter."""

import json
from uuid import UUID

from msgspec.structs import replace

from storage.inquiries import Hit
from storage.records import CallRow, ExchangeRow, MessageRow, ModelTotals, SessionRow, Totals

NOON = 1_782_129_600_000_000  # 2026-06-22 12:00 UTC
SECOND = 1_000_000


def id_of(number: int) -> bytes:
    """A UUIDv7's bytes."""
    return UUID(f"019a7c3e-1234-7000-8000-{number:012d}").bytes


_SESSION = SessionRow(
    id=id_of(1),
    name=None,
    parent=b"",
    title="",
    tags=(),
    meta={},
    user_agent="",
    model="gpt-4o",
    created_at=NOON,
    updated_at=NOON + 60 * SECOND,
    exchanges=1,
    messages=2,
    user_messages=1,
    ai_messages=1,
    tool_calls=0,
    errors=0,
    prompt_tokens=12,
    completion_tokens=30,
    cached_tokens=0,
    cost=1_500_000,
    unpriced=0,
)
_EXCHANGE = ExchangeRow(
    id=id_of(100),
    session=id_of(1),
    match="new",
    at=NOON,
    ended_at=NOON + 2 * SECOND,
    first_byte_at=NOON + SECOND // 4,
    method="POST",
    path="/v1/chat/completions",
    dialect="chat",
    provider="default",
    model="gpt-4o",
    answered_by="gpt-4o-2024-08-06",
    stream=False,
    parsed=True,
    status=200,
    ending="complete",
    finish_reason="stop",
    upstream_id="",
    user_agent="",
    prompt_tokens=12,
    completion_tokens=30,
    cached_tokens=None,
    reasoning_tokens=None,
    cache_written_tokens=None,
    usage_source="reported",
    cost=1_500_000,
    error_type="",
    error_code="",
    error_message="",
    error_body=b"",
    retry_of=b"",
    tip=1,
    answer=2,
    system=b"",
)
_CALL = CallRow(
    id="call_1",
    name="get_weather",
    arguments='{"place": "Lisbon"}',
    message=2,
    result=3,
    ok=True,
    called_at=NOON,
    returned_at=NOON + SECOND // 2,
)


def session_row(**changes: object) -> SessionRow:
    return replace(_SESSION, **changes)


def exchange_row(**changes: object) -> ExchangeRow:
    return replace(_EXCHANGE, **changes)


def call_row(**changes: object) -> CallRow:
    return replace(_CALL, **changes)


def message_row(id: int, parent: int, role: str = "user", text: str = "", **changes: object) -> MessageRow:
    body = json.dumps({"role": role, "content": text}).encode()
    row = MessageRow(
        id=id,
        parent=parent,
        role=role,
        body=body,
        text=text,
        tokens=3,
        relayed=role == "assistant",
        exchange=id_of(100),
        at=NOON,
    )
    return replace(row, **changes)


def chain(*roles: str) -> list[MessageRow]:
    """Messages one after the other; each says its number."""
    return [message_row(id, id - 1, role, f"message {id}") for id, role in enumerate(roles, 1)]


def hit(text: str, **changes: object) -> Hit:
    return replace(Hit(message=1, session=id_of(1), sessions=1, role="user", text=text, at=NOON), **changes)


def totals(**changes: object) -> Totals:
    row = Totals(
        sessions=2,
        exchanges=3,
        messages=6,
        tool_calls=1,
        errors=1,
        open=0,
        lost=0,
        first_at=NOON,
        last_at=NOON,
        models=(model_totals(),),
    )
    return replace(row, **changes)


def model_totals(**changes: object) -> ModelTotals:
    row = ModelTotals(
        model="gpt-4o",
        provider="default",
        exchanges=3,
        errors=1,
        prompt_tokens=1200,
        completion_tokens=300,
        cached_tokens=128,
        cost=2_500_000,
        unpriced=1,
    )
    return replace(row, **changes)
