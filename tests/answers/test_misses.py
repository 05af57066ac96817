"""A cache's miss as programs read it."""

from __future__ import annotations

from proxy.answers.misses import miss
from tests.cli.test_caching import CHANGED, FORGOTTEN


def test_programs_get_both_pieces() -> None:
    shape = miss(CHANGED)
    assert (shape.missed_tokens, shape.cost) == (1920, 0.00192)
    assert shape.before is not None
    assert shape.before.text == "It is noon."
    assert miss(FORGOTTEN).after is None
