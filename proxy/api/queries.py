"""The parameters of ``/api``'s lists: their types, and the filters that they make. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from proxy.api.cursors import place_of
from proxy.errors import BadRequest
from proxy.moments import SPAN, VALID, moment
from proxy.shapes.spelling import micros_of
from storage.inquiries import Inquiry
from storage.listings import EventFilter, ExchangeFilter, SessionFilter

MOST = 1000
Limit = Annotated[int, Meta(ge=1, le=MOST, description="How many at most.")]
Cursor = Annotated[str, Meta(max_length=200, description="The next_cursor of the page before.")]
Time = Annotated[str, Meta(description="A time of RFC 3339.", extra_json_schema={"format": "date-time"})]
Moment = Annotated[
    str,
    Meta(
        description=f"{VALID[0].upper()}{VALID[1:]}.",
        extra_json_schema={
            "anyOf": [{"format": "date-time"}, {"format": "date"}, {"pattern": f"^{SPAN.pattern}$"}],
        },
    ),
]
Words = Annotated[
    str, Meta(max_length=2000, pattern=r"[^\s\"]", description='Words; "two words" in double quotes are one.')
]
Owner = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
Text = Annotated[str, Meta(max_length=1000)]
EventType = Literal["message", "tool_call", "tool_result", "summary", "error", "decision"]
Role = Literal["user", "assistant", "tool", "system", "other"]


class Listed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every list takes."""

    limit: Limit = 50
    cursor: Cursor | None = None


class SessionQuery(Listed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which sessions; ``since`` and ``until`` bound their activity, ``owner`` is for who sees more than one."""

    q: Text | None = None
    model: Text | None = None
    tag: Text | None = None
    owner: Owner | None = None
    since: Time | None = None
    until: Time | None = None
    has_errors: bool | None = None
    order: Literal["newest", "activity"] = "newest"


class ExchangeQuery(Listed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which exchanges."""

    session: Text | None = None
    model: Text | None = None
    provider: Text | None = None
    owner: Owner | None = None
    since: Time | None = None
    until: Time | None = None
    has_errors: bool | None = None


class EventQuery(Listed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries of a log."""

    type: EventType | None = None
    role: Role | None = None


class MessagesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages: the main line's, or a branch's by its number."""

    branch: Annotated[int, Meta(ge=1)] | None = None
    include_all_segments: bool = True


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to search for, and where."""

    q: Words
    role: Role | None = None
    type: EventType | None = None
    session: Text | None = None
    model: Text | None = None
    since: Moment | None = None
    until: Moment | None = None
    order: Literal["newest", "rank"] = "newest"
    limit: Limit = 20
    cursor: Annotated[str, Meta(max_length=10_000, description="The next_cursor of the page before.")] | None = None


class StatisticsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which days: those that hold ``since`` and ``until`` are counted whole."""

    since: Moment | None = None
    until: Moment | None = None


class ReflectionQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries: without a ``limit`` the latest 30, or all since a time."""

    limit: Limit | None = None
    since: Moment | None = None
    until: Moment | None = None
    format: Literal["json", "markdown"] = "json"


class ExportQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to export, and as what."""

    format: Literal["jsonl", "openai", "markdown"] = "jsonl"
    session: Text | None = None


def inquiry(query: SearchQuery, sees: bytes | None, session: bytes, now: int) -> Inquiry:
    """A search in what a caller may see."""
    return Inquiry(
        query.q,
        order=query.order,
        role=query.role or "",
        type=query.type or "",
        session=session,
        model=query.model or "",
        owner=sees or b"",
        since=moment_of("since", query.since, now),
        until=moment_of("until", query.until, now),
        limit=query.limit,
        cursor=query.cursor or "",
    )


def session_filter(query: SessionQuery, sees: bytes | None) -> SessionFilter:
    """Which sessions a caller wants of those that they may see."""
    return SessionFilter(
        owner=_owner(query.owner, sees),
        q=query.q or "",
        model=query.model,
        tag=query.tag,
        since=_time("since", query.since) or 0,
        until=_time("until", query.until),
        errors=query.has_errors,
        active=query.order == "activity",
    )


def exchange_filter(query: ExchangeQuery, sees: bytes | None, session: bytes | None) -> ExchangeFilter:
    """Which exchanges a caller wants of those that they may see."""
    return ExchangeFilter(
        owner=_owner(query.owner, sees),
        session=session,
        model=query.model,
        provider=query.provider,
        since=_time("since", query.since) or 0,
        until=_time("until", query.until),
        errors=query.has_errors,
    )


def event_filter(query: EventQuery, sees: bytes | None, session: bytes | None = None) -> EventFilter:
    """Which entries a caller wants of those that they may see."""
    return EventFilter(owner=sees, session=session, type=query.type, role=query.role)


def place(kind: str, query: Any, size: int) -> tuple[int, ...]:
    """Where the page begins."""
    return place_of(kind, query.cursor, size)


def _time(name: str, value: str | None) -> int | None:
    if value is None:
        return None
    try:
        return micros_of(value)
    except ValueError as error:
        message = f"{name} must be a time of RFC 3339 with its zone, such as 2026-01-31T12:00:00Z."
        raise BadRequest(message, param=name) from error


def moment_of(name: str, value: str | None, now: int) -> int:
    """A time as a person writes it, in microseconds; 0 where none is given."""
    try:
        return 0 if value is None else moment(value, now)
    except ValueError as error:
        message = f"{name} must be {error}."
        raise BadRequest(message, param=name) from error


def _owner(value: str | None, sees: bytes | None) -> bytes | None:
    """The owner asked for; another one's data is as empty as nobody's."""
    if value is None:
        return sees
    owner = bytes.fromhex(value)
    return owner if sees in (None, owner) else b""
