"""The losses of a session's prompt cache, read from a store."""

from __future__ import annotations

from proxy.dialects import DIALECTS
from proxy.losses import LOOKED_BACK, Loss, Paid, Priced, items_of, losses
from storage.ports import Store
from storage.views import ExchangeRow

MOST = 1_000_000_000


async def session_losses(store: Store, session: bytes, price: Priced) -> dict[bytes, Loss]:
    """Each exchange's loss by the exchange's id; those that lost nothing are left out."""
    exchanges = await store.exchanges(session, limit=MOST)
    paid = [one for exchange in exchanges if (one := await _paid(store, exchange)) is not None]
    return {loss.exchange: loss for loss in losses(paid, price)}


async def exchange_loss(store: Store, exchange: ExchangeRow, price: Priced) -> Loss | None:
    """One exchange's loss."""
    if not exchange.session or exchange.cached_tokens is None:
        return None
    exchanges = await store.exchanges(exchange.session, limit=MOST)
    place = next(at for at, one in enumerate(exchanges) if one.id == exchange.id)
    nearby = exchanges[max(0, place - LOOKED_BACK) : place + 1]
    paid = [one for near in nearby if (one := await _paid(store, near)) is not None]
    return next((loss for loss in losses(paid, price) if loss.exchange == exchange.id), None)


async def _paid(store: Store, exchange: ExchangeRow) -> Paid | None:
    """A request whose provider said how much it had cached."""
    dialect = DIALECTS.get(exchange.dialect)
    if dialect is None or exchange.prompt_tokens is None or exchange.cached_tokens is None:
        return None
    body = await store.sent(exchange.id)
    if body is None:
        return None
    return Paid(
        exchange=exchange.id,
        at=exchange.at,
        model=exchange.answered_by or exchange.model,
        provider=exchange.provider,
        prompt=exchange.prompt_tokens,
        completion=exchange.completion_tokens or 0,
        cached=exchange.cached_tokens,
        items=items_of(dialect, body),
    )
