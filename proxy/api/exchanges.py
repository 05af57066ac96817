"""The calls of ``/api/exchanges``: one request with its reply, their bytes, and what was changed on the way."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from proxy.api.cursors import cursor_of
from proxy.api.differences import Difference, difference
from proxy.api.endpoints import JSON, Call, Endpoint, Page
from proxy.api.lines import sendable
from proxy.api.queries import ExchangeQuery, exchange_filter, place
from proxy.api.sessions import found as found_session
from proxy.errors import NotFound
from proxy.kept import forwarded
from proxy.model_map import renamed
from proxy.shapes.exchanges import Exchange, exchange
from proxy.shapes.spelling import id_of
from storage.records import ExchangeRow

REASSEMBLED = {"x-steno-reassembled": "true"}


async def _found(call: Call) -> ExchangeRow:
    id = id_of(call.path["id"])
    row = await call.store.listings.exchange(id, call.caller.sees) if id else None
    if row is None:
        message = "There is no exchange of that id."
        raise NotFound(message)
    return row


async def list_exchanges(call: Call) -> object:
    """List exchanges, newest first."""
    named = call.query.session
    session = (await found_session(call, named, "session")).id if named is not None else None
    wanted = exchange_filter(call.query, call.caller.sees, session)
    page = await call.store.listings.exchanges(wanted, place("exchanges", call.query, 1), call.query.limit)
    return Page(data=[exchange(row) for row in page.rows], next_cursor=cursor_of("exchanges", page.next))


async def get_exchange(call: Call) -> object:
    """One exchange with its attempts."""
    row = await _found(call)
    return exchange(row, await call.store.attempts(row.id))


async def get_sent(call: Call) -> object:
    """The request body as the client sent it, byte for byte."""
    return _bytes(await _sent(call, await _found(call)))


async def get_forwarded(call: Call) -> object:
    """The request body as the model was given it: that of the client where nothing was changed."""
    row = await _found(call)
    return _bytes(await _forwarded(call, row, await _sent(call, row)))


async def get_reply(call: Call) -> object:
    """What came back: byte for byte, or put together from a stream whose frames weren't kept."""
    row = await _found(call)
    body = await call.store.reply(row.id) or row.error_body
    if body:
        framed = row.stream and not body.lstrip().startswith((b"{", b"["))
        return Response(body, media_type="text/event-stream" if framed else JSON)
    answer = next((one for one in await call.store.messages(row.session) if one.id == row.answer), None)
    if answer is None:
        message = "No reply to this request is on the record."
        raise NotFound(message)
    (whole,) = await call.store.listings.bodies([answer.id])
    answer = msgspec.structs.replace(answer, body=whole)
    return Response(_reassembled(row, sendable(answer)), headers=REASSEMBLED, media_type=JSON)


async def get_diff(call: Call) -> object:
    """What was changed between the client and the model."""
    row = await _found(call)
    sent = await _sent(call, row)
    return difference(sent, await _forwarded(call, row, sent))


async def _sent(call: Call, row: ExchangeRow) -> bytes:
    body = await call.store.sent(row.id)
    if body is None:
        message = "The body of this request is not on the record: it was none of a dialect that is read here."
        raise NotFound(message)
    return body


async def _forwarded(call: Call, row: ExchangeRow, sent: bytes) -> bytes:
    plan = await call.store.plan(row.id)
    if plan is not None:
        sent = forwarded(sent, plan)
    return (renamed(sent, row.sent_model) if row.sent_model else None) or sent


def _bytes(body: bytes) -> Response:
    return Response(body, media_type=JSON)


def _reassembled(row: ExchangeRow, answer: bytes) -> bytes:
    """A plain reply of the same dialect."""
    model = row.answered_by or row.model
    head: dict[str, Any] = {"id": row.upstream_id, "created": row.at // 1_000_000, "model": model}
    if row.dialect != "chat":
        output = msgspec.Raw(b"[" + answer + b"]")
        return msgspec.json.encode({**head, "object": "response", "output": output})
    choice = {"index": 0, "message": msgspec.Raw(answer), "finish_reason": row.finish_reason or None}
    used = {"prompt_tokens": row.prompt_tokens, "completion_tokens": row.completion_tokens}
    return msgspec.json.encode({**head, "object": "chat.completion", "choices": [choice], "usage": used})


EXCHANGE = "/api/exchanges/{id}"
ENDPOINTS = (
    Endpoint("GET", "/api/exchanges", list_exchanges, Page[Exchange], ExchangeQuery, fails=(404,)),
    Endpoint("GET", EXCHANGE, get_exchange, Exchange, fails=(404,)),
    Endpoint("GET", f"{EXCHANGE}/sent", get_sent, Any, fails=(404,)),
    Endpoint("GET", f"{EXCHANGE}/forwarded", get_forwarded, Any, fails=(404,)),
    Endpoint("GET", f"{EXCHANGE}/reply", get_reply, Any, fails=(404,), media="*/*"),
    Endpoint("GET", f"{EXCHANGE}/diff", get_diff, Difference, fails=(404,)),
)
