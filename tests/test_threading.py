"""Fifty conversations of one key, no header, placed by their histories alone: counted against the truth."""

from __future__ import annotations

from random import Random

import pytest

from storage.opening import open_store
from tests.placement import Counts
from tests.recording import Recording, play
from tests.traffic import Conversation, whole, windows

SHORTENED = ("compaction", "after compaction", "elsewhere")


async def counted(conversations: list[Conversation], seed: int) -> Counts:
    store = await open_store("sqlite://:memory:")
    try:
        ledger = await play(conversations, Recording(store), Random(seed))  # noqa: S311
        return await ledger.counts(store)
    finally:
        await store.close()


@pytest.mark.parametrize("seed", range(4))
async def test_whole_histories_are_all_placed_right(seed: int) -> None:
    counts = await counted(whole(seed), seed)
    print(f"\n{counts.table()}")
    assert counts.total("wrong") == counts.tangled == 0


@pytest.mark.parametrize("seed", range(4))
async def test_sliding_windows_are_placed_right(seed: int) -> None:
    counts = await counted(windows(seed), seed)
    print(f"\n{counts.table()}")
    assert counts.total("wrong") == counts.tangled == 0
