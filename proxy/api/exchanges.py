"""The calls of ``/api/exchanges``: one request with its reply, their bytes, and what was changed on the way."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from proxy.answers.misses import CacheMiss, miss
from proxy.answers.plans import Plan, plan
from proxy.api.cursors import cursor_of
from proxy.api.differences import Difference, difference
from proxy.api.endpoints import JSON, Call, Endpoint, Page
from proxy.api.queries import ExchangeQuery, exchange_filter, place
from proxy.api.sessions import found as found_session
from proxy.errors import NotFound
from proxy.forensics import exchange_loss
from proxy.kept import given
from proxy.replay.retold import retold
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


class ExchangeDetail(Exchange, frozen=True, kw_only=True):
    """An exchange with what was forwarded in place of all that was sent, and what the provider's cache missed of it."""

    plan: Plan | None
    cache_miss: CacheMiss | None


async def get_exchange(call: Call) -> object:
    """One exchange with its attempts, its plan, and what the provider's prompt cache missed."""
    row = await _found(call)
    shape = exchange(row, await call.store.attempts(row.id))
    planned, loss = await call.store.plan(row.id), await exchange_loss(call.store, row, call.desk.price)
    return ExchangeDetail(
        **msgspec.structs.asdict(shape),
        plan=plan(planned) if planned else None,
        cache_miss=miss(loss) if loss else None,
    )


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
    take = await call.store.upkeep.take(row.id)
    pieces = retold(take, stream=False) if take is not None else []
    if not pieces:
        message = "No reply to this request is on the record."
        raise NotFound(message)
    return Response(pieces[0], headers=REASSEMBLED, media_type=JSON)


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
    return given(sent, await call.store.plan(row.id))


def _bytes(body: bytes) -> Response:
    return Response(body, media_type=JSON)


EXCHANGE = "/api/exchanges/{id}"
ENDPOINTS = (
    Endpoint("GET", "/api/exchanges", list_exchanges, Page[Exchange], ExchangeQuery, fails=(404,)),
    Endpoint("GET", EXCHANGE, get_exchange, ExchangeDetail, fails=(404,)),
    Endpoint("GET", f"{EXCHANGE}/sent", get_sent, Any, fails=(404,)),
    Endpoint("GET", f"{EXCHANGE}/forwarded", get_forwarded, Any, fails=(404,)),
    Endpoint("GET", f"{EXCHANGE}/reply", get_reply, Any, fails=(404,), media="*/*"),
    Endpoint("GET", f"{EXCHANGE}/diff", get_diff, Difference, fails=(404,)),
)
