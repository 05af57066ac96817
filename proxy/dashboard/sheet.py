"""Tokens that were saved and lost -> money, and a series by day. Pure.

What compaction saved lies between two bounds: the provider's cache might have held all that it could of what was not
forwarded, or nothing. A price is taken per token, as a short prompt pays it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from proxy.losses import Priced
from storage.browsing import Balance

PRICED = 1000


@dataclass(frozen=True, slots=True)
class Sheet:
    """Sums over a span of days; money in nano-dollars, without the tokens that have no price."""

    compacted: int = 0
    saved: int = 0
    least: int = 0
    most: int = 0
    misses: int = 0
    lost: int = 0
    wasted: int = 0
    unpriced: int = 0


def sheet(balances: Iterable[Balance], price: Priced) -> Sheet:
    """Add them up."""
    total = Sheet()
    for one in balances:
        fresh, kept = (price(one.model, one.provider, PRICED, 0, cached) for cached in (0, PRICED))
        total = replace(
            total,
            compacted=total.compacted + one.compacted,
            saved=total.saved + one.saved,
            misses=total.misses + one.misses,
            lost=total.lost + one.lost,
        )
        if fresh is None or kept is None:
            total = replace(total, unpriced=total.unpriced + one.saved + one.lost)
            continue
        most = one.saved * fresh // PRICED
        total = replace(
            total,
            least=total.least + most - one.cacheable * (fresh - kept) // PRICED,
            most=total.most + most,
            wasted=total.wasted + one.lost * (fresh - kept) // PRICED,
        )
    return total


def by_day(balances: Iterable[Balance], days: Sequence[str]) -> dict[str, list[int]]:
    """The tokens of each of these days, for the charts."""
    saved: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for one in balances:
        saved[one.day] += one.saved
        lost[one.day] += one.lost
    return {"saved": [saved[day] for day in days], "lost": [lost[day] for day in days]}
