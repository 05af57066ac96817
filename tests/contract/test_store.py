"""The store as a whole: sums, its key, its health, and whose processes are gone."""

from __future__ import annotations

import pytest

from storage.ports import Store, StoreError
from storage.records import Checkpointed, Lost
from tests.storage.samples import OWNER, RUN, SECOND, closed, link, opened, talk, uid


async def test_totals_are_sums_over_the_store(store: Store) -> None:
    assert (await store.totals()).exchanges == 0
    await store.write(talk(turns=2)[0])
    await store.write(
        [opened(20, model="m"), closed(20, ending="upstream_cut", cost=None), Lost(1, 3, "full"), Lost(2, 4, "full")]
    )
    totals = await store.totals()
    assert (totals.sessions, totals.exchanges, totals.messages, totals.errors, totals.open) == (2, 3, 4, 1, 0)
    assert (totals.lost, totals.first_at, totals.last_at) == (7, SECOND, 20 * SECOND)
    one, two = totals.models
    assert (one.model, one.exchanges, one.prompt_tokens, one.cost, one.errors) == ("gpt-4o", 2, 20, 2000, 0)
    assert (two.model, two.errors, two.unpriced) == ("m", 1, 1)


async def test_the_key_is_made_once(store: Store) -> None:
    key = await store.secret()
    assert len(key) == 32
    assert await store.secret() == key


async def test_a_sound_store_has_no_faults(store: Store) -> None:
    await store.write(talk()[0])
    health = await store.health()
    assert (health.version, health.unindexed, health.faults) == (1, 6, ())
    assert health.file_bytes > health.free_bytes
    assert await store.index(4) == 2
    assert await store.index(100) == 0
    assert await store.index(100) == 0
    assert (await store.health()).unindexed == 0


async def test_open_exchanges_are_orphans_once_nobody_holds_their_lock(store: Store) -> None:
    ask = opened(1, (link("user", "Hello"),), stream=True)
    await store.hold(RUN)
    await store.hold(RUN)
    await store.write([ask, Checkpointed(uid(1), 0, b"one "), Checkpointed(uid(1), 1, b"two"), opened(2, run=b"dead")])
    assert [orphan.exchange for orphan in await store.orphans()] == [uid(2)]
    await store.write([opened(3, ask.links, stream=True, run=b"gone"), Checkpointed(uid(3), 0, b"piece")])
    two, three = await store.orphans()
    assert (two.exchange, two.data, two.tip) == (uid(2), b"", b"")
    assert (three.session, three.owner, three.data, three.stream) == (uid(3), OWNER, b"piece", True)
    assert (three.tip, three.lone, three.dialect, three.model) == (ask.tip, ask.links[0].lone, "chat", "gpt-4o")
    await store.write([closed(3, ending="interrupted"), closed(2, ending="interrupted")])
    assert await store.orphans() == []


async def test_a_durable_store_takes_records(store: Store) -> None:
    await store.set_durable()
    await store.write([opened(1)])
    assert len(await store.exchanges()) == 1


async def test_a_closed_store_says_so(store: Store) -> None:
    await store.close()
    for asked in (store.write([opened(1)]), store.sessions(), store.orphans(), store.secret()):
        with pytest.raises(StoreError, match="closed"):
            await asked
