"""What a provider's prompt cache missed of a request, as programs read it."""

from __future__ import annotations

import msgspec

from proxy.losses import Item, Loss
from proxy.shapes.spelling import dollars, uuid


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a request: its ``number``-th tool, system prompt or message, and how it begins."""

    kind: str
    number: int
    name: str
    text: str


class CacheMiss(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens that the cache could have served, after the request ``compared_with``, and didn't; and what they cost.

    ``before`` and ``after`` are the first pieces that differed; both null where the provider no longer held them.
    """

    exchange_id: str | None
    compared_with: str | None
    expected_tokens: int
    cached_tokens: int
    missed_tokens: int
    cost: float | None
    cause: str
    pause_seconds: float
    before: Piece | None
    after: Piece | None


def miss(loss: Loss) -> CacheMiss:
    """What was missed."""
    return CacheMiss(
        exchange_id=uuid(loss.exchange),
        compared_with=uuid(loss.earlier),
        expected_tokens=loss.expected,
        cached_tokens=loss.cached,
        missed_tokens=loss.tokens,
        cost=dollars(loss.cost),
        cause=loss.cause,
        pause_seconds=loss.pause / 1e6,
        before=_piece(loss.before),
        after=_piece(loss.after),
    )


def _piece(item: Item | None) -> Piece | None:
    return None if item is None else Piece(kind=item.kind, number=item.number, name=item.name, text=item.text)
