"""Two owners become one."""

from __future__ import annotations

from storage.inquiries import Inquiry
from storage.records import NewSession
from storage.sqlite.store import open_memory
from tests.storage.samples import OWNER, closed, link, opened, talk

NEW = b"new".ljust(16, b".")
NEWER = b"newer".ljust(16, b".")


async def test_what_another_one_has_moves_with_all_that_is_derived_from_it() -> None:
    store = await open_memory()
    named = NewSession(name="whales")
    await store.write([opened(1, (link("user", "Hello"),), new=named), closed(1), *talk(100, owner=NEW)[0]])
    await store.write([opened(2, (link("user", "Hi", NEW),), owner=NEW, new=named), closed(2)])
    await store.index(100)
    assert await store.owners.join(OWNER, NEW, 1) == 4
    await store.upkeep.repair()
    (row,) = await store.owners.rows()
    assert (row.hash, row.sessions, row.exchanges, row.aliases) == (OWNER, 3, 5, (NEW,))
    assert sorted(str(one.name) for one in await store.sessions(OWNER)) == ["None", "None", "whales"]
    assert len((await store.search(Inquiry("question", owner=OWNER))).hits) == 3
    assert (await store.statistics(OWNER)).totals.requests == 5
    await store.close()


async def test_the_owner_of_an_alias_is_the_one_that_it_is_taken_for() -> None:
    store = await open_memory()
    await store.owners.join(OWNER, NEW, 1)
    await store.owners.join(NEW, NEWER, 2)
    assert await store.owners.aliases() == {NEW: OWNER, NEWER: OWNER}
    assert await store.owners.join(NEW, OWNER, 3) == 0
    assert await store.owners.aliases() == {NEW: OWNER, NEWER: OWNER}
    await store.close()


async def test_what_was_taken_for_one_follows_it_to_another() -> None:
    store = await open_memory()
    await store.owners.join(NEW, NEWER, 1)
    await store.owners.join(OWNER, NEW, 2)
    assert await store.owners.aliases() == {NEW: OWNER, NEWER: OWNER}
    await store.close()
