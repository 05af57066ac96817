"""The losses of a session's prompt cache, read from a store."""

from __future__ import annotations

from proxy.dialects import DIALECTS
from proxy.losses import LOOKED_BACK, Loss, Paid, Priced, items_of, losses, missed
from storage.listings import ExchangeFilter
from storage.ports import Store
from storage.views import ExchangeRow

MOST = 1_000_000_000


async def session_losses(store: Store, session: bytes, price: Priced) -> dict[bytes, Loss]:
    """Each exchange's loss by the exchange's id; those that lost nothing are left out."""
    exchanges = await store.exchanges(session, limit=MOST)
    paid = [one for exchange in exchanges if (one := await _paid(store, exchange)) is not None]
    return {loss.exchange: loss for loss in losses(paid, price)}


async def exchange_loss(store: Store, exchange: ExchangeRow, price: Priced) -> Loss | None:
    """One exchange's loss; no body is read where the numbers alone say that there is none."""
    if not exchange.session or exchange.prompt_tokens is None or exchange.cached_tokens is None:
        return None
    before = ExchangeFilter(session=exchange.session, until=exchange.at)
    earlier = (await store.listings.exchanges(before, (), 2 * LOOKED_BACK)).rows
    told = [one for one in earlier if one.cached_tokens is not None][:LOOKED_BACK]
    if not any(_missed(one, exchange) for one in told):
        return None
    paid = [one for row in (*told[::-1], exchange) if (one := await _paid(store, row)) is not None]
    return next((loss for loss in losses(paid, price) if loss.exchange == exchange.id), None)


def _missed(earlier: ExchangeRow, exchange: ExchangeRow) -> bool:
    """Whether less was cached than an earlier request could have left there."""
    return bool(missed(earlier.prompt_tokens or 0, exchange.prompt_tokens or 0, exchange.cached_tokens or 0))


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
