"""What compaction saved, in lines for a person."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from proxy.config import Settings
from proxy.prices import ModelPrice, PriceBook
from proxy.savings import Savings, priced, savings
from proxy.shapes.chains import standing
from proxy.shapes.figures import count, counted, money
from proxy.shapes.plain import one_line
from storage.records import CompactedRow, SegmentRow

_LINE = 80


def saved(rows: Sequence[CompactedRow], settings: Settings) -> Savings:
    """The sums, priced as the settings and the price list say."""
    prices = PriceBook({name: ModelPrice(**price.model_dump()) for name, price in settings.prices.items()})
    return savings(rows, priced(prices.cost, settings.upstream.base_url))


def told(sums: Savings) -> Iterator[Text]:
    """Tokens for certain, money between two bounds."""
    if not sums.exchanges:
        return
    tokens = f"{counted(sums.exchanges, 'exchange')} compacted: {count(sums.tokens_saved)} tokens not forwarded"
    yield Text(f"{tokens}, {count(sums.cached_tokens)} of the others cached")
    if sums.summaries:
        yield Text(
            f"{counted(sums.summaries, 'summary', 'summaries')} written by a model for {money(sums.spent)}", "dim"
        )
    if sums.unpriced < sums.exchanges:
        words = "lost" if sums.most < 0 else "saved"
        bounds = f"between {money(sums.least)} and {money(sums.most)} {words}, as caches would have held the rest"
        yield Text(bounds + f"; {sums.unpriced} without a price" * bool(sums.unpriced), "dim")


def marked(segments: Sequence[SegmentRow]) -> Iterator[Text]:
    """The segments that stand for a conversation's older part now, oldest first."""
    for row in reversed(standing(segments)):
        place = f"messages {row.start + 1} to {row.end} are closed"
        if not row.text:
            yield Text.assemble(("▣ ", "cyan"), place, ", with no room for a summary")
            continue
        said = (one_line(row.text, _LINE), "dim")
        yield Text.assemble(("▣ ", "cyan"), place, ": ", said, f"  ({count(row.tokens)} tokens)")
