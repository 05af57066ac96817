"""What is read can be handed on as JSON or MessagePack."""

from __future__ import annotations

import msgspec

from storage.views import ModelTotals, Totals


def test_a_view_comes_back_equal_from_messagepack() -> None:
    model = ModelTotals("gpt-4o", "default", 1, 0, 2, 3, 0, 4, 0)
    totals = Totals(1, 2, 3, 4, 5, 6, 7, 8, 9, (model,))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(totals), type=Totals) == totals
