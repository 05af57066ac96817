import io
import sys

import pytest

from proxy.cli.progress import Bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_takes_long_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Bar("importing", patience=0) as bar:
        bar.show(5, 10)
        bar.show(10, 10)
    assert "importing" in terminal.getvalue()


@pytest.mark.parametrize(("stream", "patience"), [(io.StringIO(), 0.0), (Terminal(), 60.0)])
def test_what_is_quick_or_not_looked_at_shows_none(
    stream: io.StringIO, patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with Bar("importing", patience=patience) as bar:
        bar.show(5, 10)
    assert stream.getvalue() == ""
