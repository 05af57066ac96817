"""The base of records and views."""

from __future__ import annotations

import pytest

from storage.values import Value


class Pair(Value, frozen=True):
    """For instance."""

    left: int = 0
    right: str = ""


def test_a_value_cannot_be_changed_and_equals_its_like() -> None:
    pair = Pair(1, "b")
    assert pair == Pair(1, "b")
    with pytest.raises(AttributeError):
        pair.left = 2  # type: ignore[misc]
