"""What pages ask of a store, of each backend."""

from __future__ import annotations

from uuid import UUID

import pytest_asyncio

from storage.browsing import Twig, Wanted
from storage.ports import Store
from storage.records import Checkpointed, NewSession
from tests.cli.recordings import CALLED, FORKED, OWNER, called, forked, link, opened
from tests.cli.rows import NOON, SECOND, id_of

ONE, TWO = UUID(FORKED).bytes, UUID(CALLED).bytes


@pytest_asyncio.fixture
async def filled(store: Store) -> Store:
    await store.write([*forked(), *called()])
    return store


async def test_sessions_come_a_leaf_at_a_time_the_latest_first(filled: Store) -> None:
    first = await filled.browsing.sessions(Wanted(limit=1))
    assert [row.id for row in first.rows] == [TWO]
    assert first.further is not None
    second = await filled.browsing.sessions(Wanted(limit=1, before=first.further))
    assert ([row.id for row in second.rows], second.further) == ([ONE], None)


async def test_sessions_are_narrowed(filled: Store) -> None:
    tagged = opened(300, 3, [link("user", "x")], new=NewSession(tags=("a", "b")), user_agent="Odd/1.0")
    await filled.write([tagged])
    for wanted, ids in (
        (Wanted(errors=True), [ONE]),
        (Wanted(model="gpt-4o"), [id_of(3), TWO, ONE]),
        (Wanted(model="other"), []),
        (Wanted(tag="a"), [id_of(3)]),
        (Wanted(tag="ab"), []),
        (Wanted(app="odd"), [id_of(3)]),
        (Wanted(since=NOON + 250 * SECOND), [id_of(3)]),
        (Wanted(until=NOON + 150 * SECOND), [ONE]),
        (Wanted(owner=OWNER, errors=True), [ONE]),
        (Wanted(owner=b"other"), []),
    ):
        assert [row.id for row in (await filled.browsing.sessions(wanted)).rows] == ids


async def test_activity_is_told_by_its_time(store: Store) -> None:
    assert await store.browsing.changed_at() == 0
    await store.write(forked())
    assert await store.browsing.changed_at() > NOON


async def test_a_session_is_read_in_parts(filled: Store) -> None:
    outline = await filled.browsing.outline(ONE)
    assert outline == [Twig(1, 0), Twig(2, 1), Twig(3, 2), Twig(4, 3), Twig(5, 2)]
    some = await filled.browsing.messages(ONE, [4, 2, 6])
    assert [row.text for row in some] == ["Long songs.", "For love."]
    assert list(await filled.browsing.messages(TWO, [1])) == []


async def test_a_whole_message_is_read_from_its_own_session_only(filled: Store) -> None:
    assert await filled.browsing.body(ONE, 2) == b'{"role": "assistant", "content": "Long songs."}'
    assert await filled.browsing.body(TWO, 2) is None


async def test_calls_are_found_by_who_made_them_and_by_their_result(filled: Store) -> None:
    (call,) = await filled.calls(TWO)
    for id in (call.message, call.result):
        assert list(await filled.browsing.calls(TWO, [id])) == [call]
    assert list(await filled.browsing.calls(ONE, [call.message])) == []


async def test_exchanges_are_found_by_their_answer_or_by_what_failed(filled: Store) -> None:
    found = await filled.browsing.exchanges(ONE, [2, 5])
    assert [row.id for row in found] == [id_of(100), id_of(102)]


async def test_a_reply_on_its_way_is_read_as_far_as_it_was_saved(filled: Store) -> None:
    asked = opened(400, 4, [link("user", "go on")], new=NewSession(), stream=True)
    await filled.write([asked, Checkpointed(asked.id, 0, b"one "), Checkpointed(asked.id, 1, b"two")])
    (running,) = await filled.browsing.running(id_of(4))
    assert (running.exchange, running.data, running.stream) == (asked.id, b"one two", True)
    assert list(await filled.browsing.running(ONE)) == []


async def test_the_size_is_told(filled: Store) -> None:
    size = await filled.browsing.size()
    assert (size.sessions, size.lost) == (2, 0)
    assert size.file_bytes > 0
