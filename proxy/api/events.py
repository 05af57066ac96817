"""The calls that read sessions' logs, and that put entries in them which didn't come over the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from proxy.api.cursors import cursor_of
from proxy.api.endpoints import Call, Endpoint, Page
from proxy.api.posting import post_message
from proxy.api.queries import EventQuery, event_filter, place
from proxy.api.sessions import SESSION, found
from proxy.clock import new_id
from proxy.errors import StoreUnavailable
from proxy.shapes.events import Event, event
from storage.listings import EventFilter
from storage.records import Posted, SessionRow

PLACES = 5
LATEST = 50
Confidence = Annotated[float, Meta(ge=0, le=1)]
Words = Annotated[str, Meta(max_length=1_000_000)]
Short = Annotated[str, Meta(max_length=1000)]


class NewMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="message"):
    """A message at the end of the main line, as a chat completion writes it."""

    role: Literal["user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    name: Short | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: Short | None = None
    confidence: Confidence | None = None


class NewToolCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="tool_call"):
    """A tool that was used: with its result, or the error that came instead."""

    name: Annotated[str, Meta(min_length=1, max_length=1000)]
    arguments: Any = None
    result: Any = None
    error: Words | None = None
    success: bool | None = None
    confidence: Confidence | None = None


class NewError(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="error"):
    """Something that went wrong, with its context; ``name`` is its kind."""

    content: Annotated[str, Meta(min_length=1, max_length=1_000_000)]
    name: Short = ""
    context: Any = None
    confidence: Confidence | None = None


class NewDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="decision"):
    """What was decided, and why."""

    content: Annotated[str, Meta(min_length=1, max_length=1_000_000)]
    rationale: Words = ""
    confidence: Confidence | None = None


NewEvent = NewMessage | NewToolCall | NewError | NewDecision


async def list_events(call: Call) -> object:
    """The latest entries of all sessions, newest first."""
    wanted = event_filter(call.query, call.caller.sees)
    return await _page(call, "events", wanted)


async def list_session_events(call: Call) -> object:
    """A session's log, in its order."""
    row = await found(call)
    return await _page(call, "log", event_filter(call.query, call.caller.sees, row.id))


async def _page(call: Call, kind: str, wanted: EventFilter) -> Page[Event]:
    page = await call.store.listings.events(wanted, place(kind, call.query, PLACES), call.query.limit)
    return Page(data=[event(row) for row in page.rows], next_cursor=cursor_of(kind, page.next))


async def add_event(call: Call) -> object:
    """Put a message, a tool call, an error or a decision into a session's log."""
    row, said = await found(call), call.body
    if isinstance(said, NewMessage):
        return await _said(call, row, said)
    at = call.desk.clock()
    posted = posted_of(said, new_id(at), row.id, at)
    await call.store.write([posted])
    return await _added(call, row, posted.id)


def posted_of(said: NewToolCall | NewError | NewDecision, id: bytes, session: bytes, at: int) -> Posted:
    """An entry as its record."""
    confidence = millionths(said.confidence)
    match said:
        case NewDecision():
            return Posted(
                id, session, at, "decision", "assistant", said.content, rationale=said.rationale, confidence=confidence
            )
        case NewError():
            context = _json(said.context)
            return Posted(
                id, session, at, "error", "system", said.content, said.name, arguments=context, confidence=confidence
            )
        case NewToolCall():
            ok = said.error is None if said.success is None else said.success
            result = said.error if said.error is not None and said.result is None else said.result
            values = (_json(said.arguments), _json(result))
            return Posted(id, session, at, "tool_call", "tool", said.name, said.name, "", *values, ok, confidence)


def millionths(share: float | None) -> int | None:
    """A number from 0 to 1 as it is kept."""
    return None if share is None else round(share * 1_000_000)


def _json(value: Any) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()


async def _said(call: Call, row: SessionRow, said: NewMessage) -> Event:
    fields = msgspec.structs.asdict(said)
    fields.pop("confidence")
    raw = msgspec.json.encode({name: value for name, value in fields.items() if value is not None})
    exchange = await post_message(call, row, raw, millionths(said.confidence))
    return await _added(call, row, exchange)


async def _added(call: Call, row: SessionRow, id: bytes) -> Event:
    """An entry as it now stands in the log, by its own id or its exchange's."""
    page = await call.store.listings.events(EventFilter(owner=row.owner), (), LATEST)
    for one in page.rows:
        if id in (one.id, one.exchange) and one.session == row.id:
            return event(one)
    message = "The store is slow; the entry waits to be written."
    raise StoreUnavailable(message)


EVENTS = f"{SESSION}/events"
ENDPOINTS = (
    Endpoint("GET", "/api/events", list_events, Page[Event], EventQuery),
    Endpoint("GET", EVENTS, list_session_events, Page[Event], EventQuery, fails=(404,)),
    Endpoint("POST", EVENTS, add_event, Event, body=NewEvent, status=201, fails=(404,)),
)
