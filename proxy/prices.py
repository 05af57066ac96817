"""What an exchange cost, in integer nano-dollars. A cost that isn't known is ``None``, never 0.

Prices are those of the settings first, then those of ``genai-prices`` (a list inside that package, no network). They
become integer femto-dollars a token, so that a sum is exact and quick; only the result is rounded. A model's table is
kept for one minute: some prices start on a day, others hold for a part of each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from proxy.spared import spared

if TYPE_CHECKING:
    from genai_prices import types
    from genai_prices.data_snapshot import DataSnapshot

_FEMTO_PER_NANO = 1_000_000
# A dollar a million tokens is this many femto-dollars a token.
_FEMTO_PER_TOKEN = 1_000_000_000
# Model names come from clients: no more tables than this are kept.
_TABLES = 1024


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """An own model's price, in dollars a million tokens; cached input costs what input costs if nothing is said."""

    input: Decimal | float
    output: Decimal | float
    cached_input: Decimal | float | None = None


Written = tuple[int, int]
"""Tokens of a prompt that went into the provider's cache, and how many of them are kept there for longer."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Femto-dollars a token, and a request, for prompts of more than ``above`` tokens."""

    above: int
    input: int
    cached: int
    output: int
    request: int = 0
    written: int = 0
    kept: int = 0
    """What a token costs above input that goes into the cache, and above that, what is kept there for longer."""

    def cost(self, prompt: int, completion: int, cached: int, written: Written) -> int:
        """Nano-dollars, rounded to the nearest."""
        femto = (prompt - cached) * self.input + cached * self.cached + completion * self.output + self.request
        femto += written[0] * self.written + written[1] * self.kept
        return (femto + _FEMTO_PER_NANO // 2) // _FEMTO_PER_NANO


LONGEST_NAME = 256
"""No model has a longer name."""

Table = tuple[Rates, ...]
"""The rates of a model from the longest prompts down to the shortest."""


def utc_now() -> datetime:
    """The clock that decides which prices hold."""
    return datetime.now(UTC)


class PriceBook:
    """Costs of exchanges. Safe to share between threads: at worst, two make the same table.

    The list is imported (a third of a second) at the first question that own prices don't answer.
    """

    __slots__ = ("_clock", "_minute", "_own", "_snapshot", "_tables")

    def __init__(self, own: Mapping[str, ModelPrice], clock: Callable[[], datetime] = utc_now) -> None:
        self._own = {model: _own_table(price) for model, price in own.items()}
        self._clock = clock
        self._minute = datetime.min.replace(tzinfo=UTC)
        self._tables: dict[tuple[str, str | None], Table | None] = {}
        self._snapshot: DataSnapshot | None = None

    def cost(
        self,
        model: str,
        provider: str | None,
        prompt: int,
        completion: int,
        cached: int,
        written: Written = (0, 0),
    ) -> int | None:
        """Nano-dollars of one exchange; ``cached`` is the part of ``prompt`` that came from the provider's cache.

        ``provider`` is a name or a base URL. One that the list doesn't know leaves the model's name to decide.
        """
        table = self._own.get(model) or self._table(model.removeprefix("models/"), provider)  # as Gemini's are called
        if table is None:
            return None
        prompt, completion = max(prompt, 0), max(completion, 0)
        cached = min(max(cached, 0), prompt)
        rates = next(rates for rates in table if prompt > rates.above)
        into = min(max(written[0], 0), prompt - cached)
        return rates.cost(prompt, completion, cached, (into, min(max(written[1], 0), into)))

    def window(self, model: str, provider: str | None) -> int:
        """The tokens that a model can take; 0 where the list doesn't know it."""
        found = _find(self._list(), model.removeprefix("models/"), provider)
        return (found.context_window or 0) if found else 0

    def load(self) -> None:
        """Import the price list now: for a thread at start, so that no first exchange waits for it."""
        self._list()

    def _table(self, model: str, provider: str | None) -> Table | None:
        now = self._clock()
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute or len(self._tables) >= _TABLES:
            self._minute, self._tables, self._snapshot = minute, {}, None
        tables, key = self._tables, (model[: LONGEST_NAME + 1], provider)
        if key not in tables:
            found = _find(self._list(), model, provider)
            tables[key] = _listed_table(found.get_prices(now)) if found else None
        return tables[key]

    def _list(self) -> DataSnapshot:
        """A view of the list. It has a memo of its own, which grows with each name asked: dropped with the tables."""
        snapshot = self._snapshot
        if snapshot is None:
            with spared("httpx2"):  # it fetches newer lists with that, if told to
                from genai_prices.data import providers  # noqa: PLC0415 -- slow, and not needed by all
                from genai_prices.data_snapshot import DataSnapshot  # noqa: PLC0415

            self._snapshot = snapshot = DataSnapshot(providers=providers, from_auto_update=False)
        return snapshot


def _find(snapshot: DataSnapshot, model: str, provider: str | None) -> types.ModelInfo | None:
    if len(model) > LONGEST_NAME:  # it would be remembered by the list
        return None
    known = _find_provider(snapshot, provider) if provider else None
    try:
        # The list's "litellm" is any gateway: the prefix of "openai/gpt-4o" names the provider, or else the model does.
        return snapshot.find_provider_model(model, known, None if known else "litellm", None)[1]
    except LookupError:
        return None


def _find_provider(snapshot: DataSnapshot, provider: str) -> types.Provider | None:
    name, url = (None, provider) if "://" in provider else (provider, None)
    try:
        return snapshot.find_provider(None, name, url)
    except LookupError:
        return None


def _own_table(price: ModelPrice) -> Table:
    cached = price.input if price.cached_input is None else price.cached_input
    return (Rates(-1, input=_femto(price.input), cached=_femto(cached), output=_femto(price.output)),)


def _listed_table(price: types.ModelPrice) -> Table | None:
    """The list's prices of text, one line a tier; ``None`` if input has none (audio by the hour, price unknown)."""
    if price.input_mtok is None:
        return None
    written, kept = price.cache_write_mtok, price.cache_write_1h_mtok
    stated = (price.input_mtok, price.cache_read_mtok, written, kept, price.output_mtok, price.requests_kcount)
    starts = {tier.start for part in stated for tier in getattr(part, "tiers", ())}
    return tuple(_rates(price, above) for above in (*sorted(starts, reverse=True), -1))


def _rates(price: types.ModelPrice, above: int) -> Rates:
    cached = price.input_mtok if price.cache_read_mtok is None else price.cache_read_mtok
    into = _femto(_tier(price.input_mtok, above))
    written = into if price.cache_write_mtok is None else _femto(_tier(price.cache_write_mtok, above))
    kept = written if price.cache_write_1h_mtok is None else _femto(_tier(price.cache_write_1h_mtok, above))
    return Rates(
        above,
        input=into,
        cached=_femto(_tier(cached, above)),
        output=_femto(_tier(price.output_mtok, above)),
        # dollars a thousand requests
        request=_femto(_tier(price.requests_kcount, above)) * 1_000,
        written=written - into,
        kept=kept - written,
    )


def _tier(price: Decimal | types.TieredPrices | None, above: int) -> Decimal:
    """The price of every token of a prompt just above that length: a tier's price isn't only for those beyond it."""
    if price is None or isinstance(price, Decimal):
        return price or Decimal(0)
    reached = [tier.price for tier in price.tiers if tier.start <= above]
    return reached[-1] if reached else price.base


def _femto(dollars: Decimal | float) -> int:
    return round(Decimal(str(dollars)) * _FEMTO_PER_TOKEN)
