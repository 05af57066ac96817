"""Requests of Steno's own, in each family's format."""

from __future__ import annotations

import pytest

from proxy.dialects import dialect_at
from proxy.dialects.families import FAMILIES
from proxy.dialects.letters import HEADERS, PATHS, letter


@pytest.mark.parametrize("family", FAMILIES)
def test_a_letter_can_be_read_by_the_dialect_at_its_path(family: str) -> None:
    dialect = dialect_at(PATHS[family])
    assert dialect is not None
    request = dialect.parse(letter(family, "m", ("Keep this in mind.", "What is it?"), 500))
    texts = [dialect.read_message(raw).text for raw in request.raws]
    assert request.model == "m"
    assert not request.stream
    assert texts[-1] == "What is it?"
    assert b"Keep this in mind." in (request.system or request.raws[0])


def test_what_a_family_demands_is_there() -> None:
    assert b'"max_tokens":500' in letter("anthropic", "m", ("a", "b"), 500)
    assert b"max_tokens" not in letter("openai", "m", ("a", "b"), 500)
    assert HEADERS["anthropic"] == ((b"anthropic-version", b"2023-06-01"),)
