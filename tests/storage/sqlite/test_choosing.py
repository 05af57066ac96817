"""The rows of a session, or of an owner."""

from __future__ import annotations

from msgspec.structs import replace

from storage.sqlite.choosing import Chosen, choose
from storage.sqlite.store import open_memory
from storage.upkeep import Scope
from tests.storage.samples import OWNER, opened, talk, uid


async def test_a_part_of_the_store_is_closed_in_itself() -> None:
    store = await open_memory()
    records, _ = talk(turns=3)
    await store.write([*records, replace(opened(90), owner=b"other".ljust(16)), replace(opened(91), session=b"")])
    own = await store._database.run(lambda connection: choose(connection, Scope(owner=OWNER)))
    one = await store._database.run(lambda connection: choose(connection, Scope(session=uid(1))))
    assert own is not None
    assert one is not None
    assert (len(own.sessions), len(own.exchanges), len(one.exchanges)) == (1, 4, 3)
    assert one.messages == own.messages
    assert len(one.messages) == 6
    assert one.blobs
    assert await store._database.run(lambda connection: choose(connection, Scope())) is None
    await store.close()


def test_what_belongs_to_the_whole_store_is_in_no_part() -> None:
    assert Chosen(sessions={1}).rows("gaps") == set()
