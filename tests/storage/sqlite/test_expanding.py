"""The messages that a segment stands for, wherever its session ended up."""

from __future__ import annotations

from storage.opening import open_store
from storage.records import ClosingRecord, Opened, Planned, SegmentRecord
from tests.storage.samples import OWNER, closed, opened, talk, uid


async def test_the_messages_between_its_ends_are_found_and_none_of_others() -> None:
    store = await open_store("sqlite://:memory:")
    records, _ = talk(1, turns=3)
    asks = [one.links[-1] for one in records if isinstance(one, Opened)]
    segment = SegmentRecord(b"s", asks[2].parent, asks[1].parent, 2, 4, 0, 5, "About 1.", "extractive")
    planned = Planned(9, 4, b"plan", (), ClosingRecord(asks[2].parent, 300, b"closing", (segment,)))
    await store.write([*records, opened(9, (), 1), closed(9, planned=planned)])
    found = await store.expanded(b"s", OWNER)
    assert found is not None
    assert (found.session, found.segment.text) == (uid(1), "About 1.")
    assert [message.text for message in found.messages] == ["Question 1 for 1?", "Answer 1, and more of it"]
    assert await store.expanded(b"s", b"other".ljust(16, b".")) is None
    assert await store.expanded(b"none") is None
    await store.close()
