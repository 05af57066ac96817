"""What a file is, found by looking."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxy.errors import BadRequest
from proxy.imports.files import Kind, kind_of, lines

TALK = [{"role": "user", "content": "Hi"}]
ONE = json.dumps(TALK[0])


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ('{"type": "steno", "version": 1}\n', Kind.STENO),
        (json.dumps(TALK), Kind.LISTS),
        (json.dumps({"messages": TALK}) + "\n" + json.dumps({"messages": TALK}), Kind.LISTS),
        (json.dumps({"messages": TALK}, indent=2), Kind.WHOLE),
        (json.dumps(TALK, indent=2), Kind.WHOLE),
        (ONE + "\n\n" + ONE, Kind.MESSAGES),
        ('no JSON\n{"type": "message", "content": "x"}\n', Kind.LOG),
        ("SQLite format 3\0", Kind.LLM),
    ],
)
def test_a_file_is_known_by_what_it_holds(tmp_path: Path, content: str, kind: Kind) -> None:
    (tmp_path / "file").write_text(content)
    assert kind_of(tmp_path / "file") is kind


@pytest.mark.parametrize("content", ["", "words", '{"a": 1}', "7\n" * 200, "[1"])
def test_a_file_that_is_nothing_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "file").write_text(content)
    with pytest.raises(BadRequest, match="holds nothing that can be imported"):
        kind_of(tmp_path / "file")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="can't be read"):
        kind_of(tmp_path / "file")


def test_lines_have_their_numbers_and_faults(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b'1\n\n{"broken\n{"x": NaN}\n')
    found = list(lines(tmp_path / "file"))
    assert [(line.number, line.read, bool(line.fault)) for line in found] == [
        (1, 2, False),
        (3, 12, True),
        (4, 23, False),
    ]
