"""One request with its reply: what was sent, what the model was given of it, and what its prompt cache missed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from proxy.dashboard.desk import Desk, sees
from proxy.dashboard.handlers import as_file
from proxy.dashboard.sides import Row, pretty, sides
from proxy.dashboard.times import bars
from proxy.errors import NotFound
from proxy.forensics import exchange_loss
from proxy.kept import given
from storage.records import ExchangeRow, PlanRow

SHOWN = 24_000
COMPARED = 4 * 1024 * 1024
BODIES = frozenset({"sent", "reply", "forwarded"})


async def exchange(desk: Desk, request: Request) -> Response:
    """All that is known of an exchange."""
    row = await _exchange(desk, request)
    sent, plan = await desk.store.sent(row.id), await desk.store.plan(row.id)
    differs = sent is not None and plan is not None
    return await desk.page(
        request,
        "exchange.html",
        exchange=row,
        bars=bars(row, attempts := await desk.store.attempts(row.id)),
        attempts=attempts,
        sent=_shown(sent),
        reply=_shown(await desk.store.reply(row.id)),
        plan=plan,
        differs=differs,
        rows=await asyncio.to_thread(_rows, sent, plan) if sent and differs else None,
        error=row.error_body.decode(errors="replace")[:SHOWN],
    )


async def cache(desk: Desk, request: Request) -> Response:
    """What the provider's cache missed of an exchange: a piece of its page, and slower than the rest of it."""
    row = await _exchange(desk, request)
    loss = await exchange_loss(desk.store, row, desk.price)
    return await desk.page(request, "cache.html", exchange=row, loss=loss)


async def body(desk: Desk, request: Request) -> Response:
    """A body, byte for byte, to be saved."""
    row = await _exchange(desk, request)
    which = request.path_params["which"]
    data = await _body(desk, row, which)
    if data is None:
        message = "This body was not kept."
        raise NotFound(message)
    return as_file(data, f"{which}-{row.id.hex()[:12]}")


async def _exchange(desk: Desk, request: Request) -> ExchangeRow:
    try:
        id = UUID(request.path_params["exchange"]).bytes
    except ValueError:
        id = b""
    row = await desk.store.listings.exchange(id, sees(request))
    if row is None:
        message = "There is no such exchange here; it may have been deleted."
        raise NotFound(message)
    return row


async def _body(desk: Desk, row: ExchangeRow, which: str) -> bytes | None:
    if which not in BODIES:
        return None
    if which == "reply":
        return await desk.store.reply(row.id)
    sent = await desk.store.sent(row.id)
    if sent is None or which == "sent":
        return sent
    return await asyncio.to_thread(given, sent, await desk.store.plan(row.id))


def _rows(sent: bytes, plan: PlanRow | None) -> Sequence[Row] | None:
    """The comparison; None where there is too much to compare."""
    return sides(sent, given(sent, plan)) if len(sent) <= COMPARED else None


def _shown(data: bytes | None) -> dict[str, object] | None:
    if data is None:
        return None
    text = pretty(data[: 4 * SHOWN]) if len(data) <= 4 * SHOWN else data[:SHOWN].decode(errors="replace")
    return {"text": text[:SHOWN], "cut": len(text) > SHOWN or len(data) > 4 * SHOWN, "octets": len(data)}
