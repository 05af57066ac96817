"""A series of what was asked and spent, as a table."""

from enum import StrEnum

from rich.console import RenderableType

from proxy.cli.terminal import table
from proxy.shapes.figures import UNKNOWN, count, duration, spent
from proxy.shapes.plain import one_line
from storage.inquiries import Figures, Statistics


class Series(StrEnum):
    """What the store's sums are split by."""

    DAY = "day"
    MODEL = "model"
    PROVIDER = "provider"
    OWNER = "owner"
    APP = "app"


def series_table(row: Statistics, by: Series) -> RenderableType:
    """One line a name, and the totals last."""
    rows = {
        Series.DAY: row.days,
        Series.MODEL: row.models,
        Series.PROVIDER: row.providers,
        Series.OWNER: row.owners,
        Series.APP: row.apps,
    }[by]
    columns = [f"~{by}", ">requests", ">errors", ">tokens in", ">cached", ">tokens out", ">cost", ">p50", ">p95"]
    columns += [">first byte p50", ">p95"]
    return table(columns, [_cells(each.name or UNKNOWN, each) for each in rows] + [_cells("all", row.totals)])


def _cells(name: str, row: Figures) -> list[str]:
    times = (row.latency_p50, row.latency_p95, row.first_byte_p50, row.first_byte_p95)
    return [
        one_line(name, 40),
        count(row.requests),
        count(row.errors),
        count(row.prompt_tokens),
        count(row.cached_tokens),
        count(row.completion_tokens),
        spent(row.cost, row.unpriced),
        *(UNKNOWN if each is None else duration(each) for each in times),
    ]
