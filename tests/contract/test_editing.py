"""Sessions made, described, merged and split by hand."""

from __future__ import annotations

from storage.listings import Amendment
from storage.ports import Store
from storage.records import NewSession, Posted, SessionRow
from tests.storage.samples import OWNER, SECOND, called, closed, link, opened, talk, uid

OTHER = b"other".ljust(16, b".")


async def row_of(store: Store, number: int) -> SessionRow:
    row = await store.session(uid(number).hex())
    assert row is not None
    return row


async def texts(store: Store, number: int) -> list[str]:
    return [row.text for row in await store.messages(uid(number))]


async def forked(store: Store) -> dict[str, int]:
    """A question, an answer, and two ways on; the messages by their texts."""
    ask = opened(1, (link("user", "Hello"),))
    answer = link("assistant", "Hi", ask.tip)
    left = opened(2, (link("user", "left", answer.digest),), 1)
    call = called(2, left.tip)
    right = opened(3, (link("user", "right", answer.digest),), 1)
    await store.write([ask, closed(1, (answer,)), left, call, right, closed(3, (link("assistant", "so", right.tip),))])
    return {row.text: row.id for row in await store.messages(uid(1))}


async def test_a_session_is_made_before_anything_is_said_in_it(store: Store) -> None:
    await store.write([opened(1)])
    new = NewSession(name="mine", parent=uid(1).hex(), title="T", tags=("a",), meta={"k": "v"})
    assert await store.edits.create(uid(7), OWNER, SECOND, new)
    row = await row_of(store, 7)
    assert (row.name, row.parent, row.title, row.tags, row.meta) == ("mine", uid(1), "T", ("a",), {"k": "v"})
    assert (row.owner, row.created_at, row.exchanges) == (OWNER, SECOND, 0)


async def test_a_name_is_taken_once_by_an_owner(store: Store) -> None:
    assert await store.edits.create(uid(1), OWNER, 1, NewSession(name="mine"))
    assert not await store.edits.create(uid(2), OWNER, 1, NewSession(name="mine"))
    assert await store.edits.create(uid(3), OTHER, 1, NewSession(name="mine"))


async def test_what_is_said_of_a_session_is_changed_piece_by_piece(store: Store) -> None:
    await store.edits.create(uid(1), OWNER, 1, NewSession(title="old", tags=("a",), meta={"k": "v"}))
    await store.edits.create(uid(2), OWNER, 1, NewSession())
    assert await store.edits.amend(uid(1), Amendment(title="new", parent=uid(2)))
    row = await row_of(store, 1)
    assert (row.title, row.tags, row.meta, row.parent) == ("new", ("a",), {"k": "v"}, uid(2))
    assert await store.edits.amend(uid(1), Amendment(tags=(), meta={}, parent=b""))
    row = await row_of(store, 1)
    assert (row.title, row.tags, row.meta, row.parent) == ("new", (), {}, b"")


async def test_a_session_never_stands_below_itself(store: Store) -> None:
    for number in (1, 2, 3):
        parent = uid(number - 1).hex() if number > 1 else None
        await store.edits.create(uid(number), OWNER, 1, NewSession(parent=parent))
    assert not await store.edits.amend(uid(1), Amendment(title="no", parent=uid(3)))
    assert not await store.edits.amend(uid(1), Amendment(parent=uid(1)))
    assert (await row_of(store, 1)).title == ""


async def test_a_branch_that_is_split_off_keeps_what_stands_before_it(store: Store) -> None:
    messages = await forked(store)
    assert await store.edits.split(uid(1), messages["left"], uid(50))
    assert await texts(store, 50) == ["Hello", "Hi", "left", "calls call_1"]
    assert await texts(store, 1) == ["Hello", "Hi", "right", "so"]
    old, new = await row_of(store, 1), await row_of(store, 50)
    assert (old.exchanges, old.messages, old.tool_calls, old.ai_messages) == (2, 4, 0, 2)
    assert (new.exchanges, new.messages, new.tool_calls, new.title) == (1, 4, 1, "left")
    assert (old.prompt_tokens, new.prompt_tokens) == (20, 10)
    assert [row.id for row in await store.exchanges(uid(50))] == [uid(2)]
    assert len(await store.calls(uid(50))) == 1


async def test_a_split_that_leaves_nothing_or_names_nothing_is_none(store: Store) -> None:
    messages = await forked(store)
    assert not await store.edits.split(uid(1), messages["Hello"], uid(50))
    assert not await store.edits.split(uid(1), 999, uid(50))
    assert await store.session(uid(50).hex()) is None


async def test_a_merge_undoes_a_split(store: Store) -> None:
    messages = await forked(store)
    before, rows = await row_of(store, 1), await store.messages(uid(1))
    assert await store.edits.split(uid(1), messages["left"], uid(50))
    await store.write([Posted(uid(60), uid(50), SECOND, "decision", "assistant", "go")])
    await store.edits.merge(uid(1), uid(50))
    after = await row_of(store, 1)
    assert {row.id: row.parent for row in await store.messages(uid(1))} == {row.id: row.parent for row in rows}
    assert (after.messages, after.exchanges, after.tool_calls) == (before.messages, before.exchanges, before.tool_calls)
    assert (after.decisions, after.cost) == (1, before.cost)
    assert await store.session(uid(50).hex()) is None


async def test_after_a_merge_each_message_comes_after_the_one_before_it(store: Store) -> None:
    messages = await forked(store)
    assert await store.edits.split(uid(1), messages["left"], uid(50))
    await store.edits.merge(uid(50), uid(1))
    seen: set[int] = {0}
    for row in await store.messages(uid(50)):
        assert row.parent in seen
        seen.add(row.id)


async def test_a_merge_takes_over_name_tags_notes_and_children(store: Store) -> None:
    await store.edits.create(uid(1), OWNER, 5, NewSession(tags=("a",), meta={"k": "mine"}))
    await store.edits.create(
        uid(2), OWNER, 1, NewSession(name="n", title="T", tags=("b", "a"), meta={"k": "x", "z": "y"})
    )
    await store.edits.create(uid(3), OWNER, 5, NewSession(parent=uid(2).hex()))
    await store.edits.amend(uid(1), Amendment(parent=uid(2)))
    await store.edits.merge(uid(1), uid(2))
    row = await row_of(store, 1)
    assert (row.name, row.title, row.tags, row.meta) == ("n", "T", ("a", "b"), {"k": "mine", "z": "y"})
    assert row.parent == b""
    assert (await row_of(store, 3)).parent == uid(1)


async def test_a_conversation_goes_on_after_a_merge(store: Store) -> None:
    records, _ = talk(1, turns=2)
    await store.write([*records, opened(30)])
    await store.edits.merge(uid(30), uid(1))
    tip = records[3].replies[0].digest  # type: ignore[union-attr]
    await store.write([opened(31, (link("user", "more", tip),), 30, base=tip)])
    assert (await texts(store, 30))[-1] == "more"
    assert len(await store.messages(uid(30))) == 5
