"""Cursors come back as they were given."""

from __future__ import annotations

import pytest

from storage.ports import BadCursor
from storage.sqlite.cursors import Newest, Ranked, read, written
from storage.sqlite.ranking import Field


def test_a_cursor_comes_back() -> None:
    ranked = Ranked(0.123456, 5, 6, Field(7, 8.5, (9, 10)))
    assert read(written(ranked), Ranked) == ranked
    assert read(written(Newest(0, 1, 2)), Newest) == Newest(0, 1, 2)
    assert read("", Newest) is None


@pytest.mark.parametrize("text", ["x", "é", "AAAA", written(Newest(1)) + "AAAA", "\udc80"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        read(text, Newest)


def test_a_cursor_of_another_order_is_refused() -> None:
    with pytest.raises(BadCursor):
        read(written(Newest(1)), Ranked)
