import json
import sys

import pytest
from rich.console import Console
from rich.text import Text

from proxy.cli.terminal import table, tell, tell_json


def test_lines_in_a_pipe_are_as_long_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    tell([Text("word " * 100), Text("[bold]no markup[/bold] :smile:")])
    first, second = capsys.readouterr().out.splitlines()
    assert len(first) == 500
    assert second == "[bold]no markup[/bold] :smile:"


def test_where_room_is_short_only_some_columns_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[list[str | Text]] = [["0123456789", "long " * 30, "1,234"], ["0123456789", "[red]", Text("5", "red")]]
    Console(width=40, file=sys.stdout).print(table(["id", "~title", ">count"], rows))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(len(line) <= 40 for line in lines)
    assert lines[1].startswith("0123456789  long long")
    assert "…" in lines[1]
    assert lines[1].rstrip().endswith("1,234")
    assert "[red]" in lines[2]


def test_columns_without_names_have_no_head(capsys: pytest.CaptureFixture[str]) -> None:
    tell([table(["", ""], [["a", "b"]])])
    assert capsys.readouterr().out.split() == ["a", "b"]


def test_json_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    tell_json([{"text": "日本", "none": None}])
    assert json.loads(capsys.readouterr().out) == [{"text": "日本", "none": None}]
