"""What a session's prompt cache missed, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from proxy.cli.terminal import table
from proxy.losses import Loss
from proxy.shapes.figures import UNKNOWN, clock, count, counted, duration, money
from proxy.shapes.plain import one_line
from storage.views import ExchangeRow

_EXCERPT = 160


def cache_lines(exchanges: Sequence[ExchangeRow], losses: dict[bytes, Loss]) -> Iterator[RenderableType]:
    """A row for each exchange, and the cause of each loss."""
    told = [one for one in exchanges if one.cached_tokens is not None]
    if not told:
        yield Text("No provider said what it had cached of this session.")
        return
    columns = ["time", "~model", ">tokens in", ">cached", ">missed", ">cost", "~because"]
    yield table(columns, (_cells(one, losses.get(one.id)) for one in told))
    for one in told:
        loss = losses.get(one.id)
        if loss is not None and loss.before is not None and loss.after is not None:
            yield Text()
            yield Text(f"{clock(one.at)}  {loss.cause}", "bold")
            yield Text("  was: " + one_line(loss.before.text, _EXCERPT), "dim")
            yield Text("  now: " + one_line(loss.after.text, _EXCERPT), "dim")
    yield Text()
    yield Text(_sum(list(losses.values())), "bold")


def _cells(one: ExchangeRow, loss: Loss | None) -> list[str | Text]:
    cells: list[str | Text] = [clock(one.at), one_line(one.answered_by or one.model, 40), count(one.prompt_tokens)]
    cells.append(count(one.cached_tokens))
    if loss is None:
        return [*cells, "", "", ""]
    pause = f", {duration(loss.pause)} after the request before" if loss.before is loss.after else ""
    spent = UNKNOWN if loss.cost is None else money(loss.cost)
    return [*cells, Text(count(loss.tokens), "red"), spent, one_line(loss.cause + pause)]


def _sum(losses: list[Loss]) -> str:
    known = sum(loss.cost or 0 for loss in losses)
    lost = counted(sum(loss.tokens for loss in losses), "token")
    return (
        f"{counted(len(losses), 'miss', 'misses')}: {lost}, {money(known)}" if losses else "The cache missed nothing."
    )
