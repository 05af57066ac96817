"""Series as tables."""

import pytest
from rich.console import Console

from proxy.cli.series import Series, series_table
from storage.inquiries import Figures, Statistics


@pytest.mark.parametrize("by", list(Series))
def test_a_series_is_a_line_a_name_and_the_totals(by: Series) -> None:
    rows = {f"{each}s": (Figures(f"some {each}", 1, latency_p50=1500),) for each in Series}
    console = Console(width=200, force_terminal=False)
    with console.capture() as capture:
        console.print(series_table(Statistics(Figures("", 2), **rows), by))
    lines = capture.get().splitlines()
    assert lines[0].startswith(by)
    assert lines[1].startswith(f"some {by}")
    assert lines[2].split()[:2] == ["all", "2"]
