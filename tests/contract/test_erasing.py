"""What is left of a session that was erased, and of those beside it."""

from __future__ import annotations

from typing import Any

import msgspec

from storage.inquiries import Inquiry
from storage.opening import open_store
from storage.ports import Store
from storage.records import Checkpointed, Closed, Lookup, NewSession, Opened, Prompt, Record
from storage.upkeep import Scope
from tests.storage.questions import found
from tests.storage.samples import OWNER, SECOND, Conversation, blob, called, closed, digest, link, opened, talk, uid
from tests.storage.secretive import secretive, word_of


async def test_an_erased_session_is_gone(store: Store) -> None:
    records, _ = talk(1)
    await store.write(records)
    await store.index(100)
    assert await store.erasures.erase(uid(1))
    totals = await store.totals()
    assert (totals.sessions, totals.exchanges, totals.messages, totals.tool_calls) == (0, 0, 0, 0)
    assert await store.session(str(uid(1).hex())) is None
    assert await store.sent(uid(1)) is None
    assert await store.reply(uid(1)) is None
    assert not (await store.search(Inquiry("Question"))).hits


async def test_other_sessions_rebuild_as_before(store: Store) -> None:
    first, _ = talk(1)
    second, bodies = talk(100)
    await store.write([*first, *second])
    await store.erasures.erase(uid(1))
    for turn, (sent, reply) in enumerate(bodies):
        assert await store.sent(uid(100 + turn)) == sent
        assert await store.reply(uid(100 + turn)) == reply
    assert [hit.session for hit in (await store.search(Inquiry("100?"))).hits] == [uid(100)] * 3


async def test_messages_that_another_session_holds_stay(store: Store) -> None:
    shared = link("user", "Hello")
    answer = link("assistant", "Hi!", shared.digest)
    alone = link("user", "Only here", answer.digest)
    await store.write([opened(1, (shared,)), closed(1, (answer,)), opened(2, (alone,), session=1, base=answer.digest)])
    await store.write([opened(3, (shared,), body_hash=b"3" * 16), closed(3, (answer,))])
    await store.index(100)
    await store.erasures.erase(uid(1))
    assert [row.text for row in await store.messages(uid(3))] == ["Hello", "Hi!"]
    assert [hit.text for hit in (await store.search(Inquiry("h"))).hits] == ["Hi!", "Hello"]


async def test_a_list_that_another_session_sent_keeps_what_would_go(store: Store) -> None:
    system = blob("system", b'{"role":"system","content":"Be brief"}')
    said = link("user", "Hello")
    told = msgspec.structs.replace(
        said, role="system", digest=b"", lone=b"", parent=b"", body=system.data, blob=system.hash
    )
    around = blob("residue", msgspec.msgpack.encode([[b"["], [b"]"]]))
    prompt = Prompt(digest(b"list"))
    values: dict[str, Any] = {"blobs": (around, system), "residue": around.hash, "prompt": prompt}
    await store.write([opened(1, (told, said), **values), opened(2, (), tip=b"", **{**values, "blobs": (around,)})])
    whole = await store.sent(uid(1))
    await store.erasures.erase(uid(1))
    assert await store.sent(uid(2)) == whole == b"[" + system.data + said.body + b"]"
    assert not await store.messages(uid(1))


async def test_shared_content_goes_with_the_last_that_uses_it(store: Store) -> None:
    prompt = blob("system", b"Be brief.")
    first, second = link("user", "One"), link("user", "Two")
    values: dict[str, Any] = {"blobs": (prompt,), "system": prompt.hash}
    await store.write([opened(1, (first,), **values), opened(2, (second,), **values)])
    await store.erasures.erase(uid(1))
    assert await store.system(prompt.hash) == b"Be brief."
    await store.erasures.erase(uid(2))
    assert await store.system(prompt.hash) is None


async def test_content_is_used_by_whoever_names_it(store: Store) -> None:
    """The second session's requests name a prompt that only the first one brought."""
    prompt = blob("system", b"Be brief.")
    await store.write([opened(1, (link("user", "One"),), blobs=(prompt,), system=prompt.hash)])
    await store.write([opened(2, (link("user", "Two"),), system=prompt.hash)])
    await store.erasures.erase(uid(1))
    assert await store.system(prompt.hash) == b"Be brief."


async def test_the_reply_of_a_request_under_way_is_not_recorded(store: Store) -> None:
    said = link("user", "Secret")
    await store.write([opened(1, (said,)), Checkpointed(uid(1), 0, b"Secret, too")])
    await store.erasures.erase(uid(1))
    await store.write([Checkpointed(uid(1), 1, b"more"), closed(1, (link("assistant", "Secret", said.digest),))])
    totals = await store.totals()
    assert (totals.sessions, totals.exchanges, totals.messages, totals.open) == (0, 0, 0, 0)


async def test_a_conversation_that_goes_on_is_a_new_session(store: Store) -> None:
    conversation = Conversation(1)
    records: list[Record] = [conversation.ask("Hello")[0], conversation.answer("Hi!")[0]]
    await store.write(records)
    await store.erasures.erase(uid(1))
    (known,) = await found(store, [Lookup(OWNER, body_hash=uid(1), anchor=conversation.tip, name="1")])
    assert not known.anchored
    assert known.missed is None
    await store.write([opened(9, (link("user", "Hello"),))])
    assert [row.text for row in await store.messages(uid(9))] == ["Hello"]


async def test_an_erased_session_gives_its_name_back(store: Store) -> None:
    await store.write([opened(1, (link("user", "One"),), new=NewSession(name="mine"))])
    await store.erasures.erase(uid(1))
    await store.write([opened(2, (link("user", "Two"),), new=NewSession(name="mine"))])
    row = await store.session("mine")
    assert row is not None
    assert row.id == uid(2)


async def test_what_comes_after_an_erasure_is_found(store: Store) -> None:
    """Numbers of rows are given again."""
    await store.write([opened(1, (link("user", "Earlier words"),))])
    await store.index(100)
    await store.erasures.erase(uid(1))
    await store.write([opened(2, (link("user", "Later words"),))])
    await store.index(100)
    assert [hit.text for hit in (await store.search(Inquiry("words"))).hits] == ["Later words"]


async def test_what_comes_after_an_erasure_is_counted(store: Store) -> None:
    for number in (1, 2):
        request = msgspec.structs.replace(opened(number, session=0, parsed=False), session=b"")
        await store.write([request, closed(number)])
        await store.index(100)
        await store.erasures.erase_alone(2 * SECOND)
    assert (await store.statistics()).totals.requests == 2


async def test_the_child_of_an_erased_session_stays_without_a_parent(store: Store) -> None:
    await store.write([opened(1, (link("user", "One"),), new=NewSession(name="parent"))])
    await store.write([opened(2, (link("user", "Two"),), new=NewSession(parent="parent"))])
    await store.erasures.erase(uid(1))
    (row,) = await store.sessions()
    assert (row.id, row.parent) == (uid(2), b"")


async def test_a_fork_by_another_session_keeps_its_prefix(store: Store) -> None:
    first = Conversation(1)
    await store.write([first.ask("Hello")[0], first.answer("Hi!")[0]])
    other = Conversation(50)
    other.__dict__ |= {"sent": list(first.sent), "listed": first.listed, "tip": first.tip, "base": first.base}
    other.waiting, other.turns = first.waiting, 1
    request, body = other.ask("And now?", base=b"", new=NewSession(), body_hash=uid(50))
    await store.write([request, first.ask("Go on")[0]])
    assert await store.sent(request.id) == body
    await store.erasures.erase(uid(1))
    assert await store.sent(request.id) == body
    assert [row.text for row in await store.messages(uid(50))] == ["Hello", "Hi!", "And now?"]


async def test_tool_calls_go_with_their_session(store: Store) -> None:
    said = link("user", "Weather?")
    await store.write([opened(1, (said,)), called(1, said.digest)])
    await store.erasures.erase(uid(1))
    assert (await store.totals()).tool_calls == 0


async def test_each_erasure_makes_another_generation(store: Store) -> None:
    records, _ = talk(1)
    await store.write(records)
    before = store.erasures.generation()
    assert store.erasures.generation() == before
    await store.erasures.erase(uid(1))
    assert store.erasures.generation() != before


async def test_a_merge_and_a_split_make_another_generation(store: Store) -> None:
    await store.write(talk(1)[0])
    generations = [store.erasures.generation()]
    rows = await store.messages(uid(1))
    assert await store.edits.split(uid(1), rows[-1].id, uid(50))
    generations.append(store.erasures.generation())
    await store.edits.merge(uid(1), uid(50))
    generations.append(store.erasures.generation())
    assert len(set(generations)) == 3


async def test_exchanges_of_no_session_go_by_their_age(store: Store) -> None:
    raw = blob("raw", b"frames")
    for number in (1, 2, 3):
        request = opened(number, session=0, parsed=False)
        await store.write([msgspec.structs.replace(request, session=b""), closed(number, raw=raw)])
    await store.write([opened(4, (link("user", "Stays"),))])
    await store.erasures.erase_alone(3 * SECOND)
    assert {row.id for row in await store.exchanges()} == {uid(3), uid(4)}
    assert await store.reply(uid(3)) == b"frames"
    await store.erasures.erase_alone(4 * SECOND)
    assert [row.id for row in await store.exchanges()] == [uid(4)]
    assert await store.system(raw.hash) is None


async def test_a_session_that_is_not_there_is_erased_already(store: Store) -> None:
    assert await store.erasures.erase(uid(77))


async def test_a_list_outlives_all_who_held_its_messages(store: Store) -> None:
    """Two sessions began with what a third one said later: its list was there already, and is the first one's."""
    root, later = link("user", "Yes"), link("user", "Yes", digest(b"something before"))
    around = blob("residue", msgspec.msgpack.encode([[b"["], [b"]"]]))
    values: dict[str, Any] = {"blobs": (around,), "residue": around.hash, "prompt": Prompt(digest(b"list"))}
    await store.write([opened(1, (root,), **values), opened(2, (root,)), opened(3, (later,), **values)])
    await store.erasures.erase(uid(1))
    await store.erasures.erase(uid(2))
    await store.write([opened(4, (link("user", "Somebody else"),))])
    assert await store.sent(uid(3)) == b"[" + later.body + b"]"


async def test_halves_of_a_split_session_keep_what_is_theirs(store: Store) -> None:
    first, second = secretive(1), blob("system", b"Only in the other branch")
    question, answer = first[0], first[1]
    assert isinstance(question, Opened)
    assert isinstance(answer, Closed)
    other = link("user", "Another way", answer.replies[0].digest)
    await store.write([*first, opened(9, (other,), 1, blobs=(second,), system=second.hash)])
    rows = {row.text: row.id for row in await store.messages(uid(1))}
    assert await store.edits.split(uid(1), rows["Another way"], uid(50))
    whole = await store.sent(uid(1))
    assert await store.erasures.erase(uid(50))
    assert await store.system(second.hash) is None
    assert await store.sent(uid(1)) == whole
    assert await store.system(question.system) is not None


async def test_the_rest_of_a_split_session_is_whole_without_the_other_half(store: Store) -> None:
    first = secretive(1)
    await store.write(first)
    answer = first[1]
    assert isinstance(answer, Closed)
    branch = link("user", "Another way", answer.replies[0].digest)
    await store.write([opened(9, (branch,), 1), closed(9, (link("assistant", "So", branch.digest),))])
    rows = {row.text: row.id for row in await store.messages(uid(1))}
    assert await store.edits.split(uid(1), rows["Another way"], uid(50))
    before = [row.body for row in await store.messages(uid(50))]
    assert await store.erasures.erase(uid(1))
    assert [row.body for row in await store.messages(uid(50))] == before
    assert b"\0" not in (await store.listings.bodies([rows["Another way"], (await store.messages(uid(50)))[0].id]))[1]
    assert [row.text for row in await store.segments(uid(50))] == [word_of("segment", 1)]


async def test_a_merged_session_takes_all_with_it(store: Store) -> None:
    await store.write([*secretive(1), *secretive(200), *talk(100)[0]])
    await store.edits.merge(uid(1), uid(200))
    plan = await store.plan(uid(200))
    assert plan is not None
    assert word_of("text", 200) in plan.texts.values()
    assert await store.erasures.erase(uid(1))
    totals = await store.totals()
    assert (totals.sessions, totals.exchanges, totals.messages) == (1, 3, 6)
    for kind in ("system", "tools", "raw"):
        assert await store.system(digest(word_of(kind, 200).encode())) is None


async def test_what_was_imported_is_shared_and_erased_as_what_was_recorded(store: Store) -> None:
    again = await open_store("sqlite://:memory:")
    try:
        await store.write([*secretive(1), *talk(100)[0]])
        async for entries in store.upkeep.archive(Scope()):
            assert await again.upkeep.restore(entries) == []
        sent = [await again.sent(uid(number)) for number in (100, 101, 102)]
        assert await again.erasures.erase(uid(1))
        assert [await again.sent(uid(number)) for number in (100, 101, 102)] == sent
        assert None not in sent
        assert await again.system(digest(word_of("image", 1).encode() * 3)) is None
    finally:
        await again.close()
