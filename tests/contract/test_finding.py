"""What threading asks: who stands where, within one owner."""

from __future__ import annotations

from typing import Any

import msgspec

from storage.ports import Store
from storage.records import Closed, Held, Lookup, NewSession
from tests.storage.questions import found
from tests.storage.samples import OWNER, closed, link, opened, talk, uid

OTHER = b"other".ljust(16, b".")


async def test_a_history_is_found_by_its_last_answer(store: Store) -> None:
    records, _ = talk(turns=2)
    await store.write(records)
    first, last = (one.replies[0] for one in records if isinstance(one, Closed))
    at_last, at_first = await found(store, [Lookup(OWNER, anchor=last.digest), Lookup(OWNER, anchor=first.digest)])
    (stand,) = at_last.anchored
    assert (stand.session, stand.at, stand.continued, stand.lone) == (uid(1), last.digest, False, last.lone)
    assert at_first.anchored[0].continued
    following = records[2].links[-1].digest  # type: ignore[union-attr]
    (found_next,) = await found(store, [Lookup(OWNER, anchor=first.digest, next=following)])
    assert found_next.anchored[0].holds_next


async def test_only_a_relayed_answer_is_an_anchor_unless_the_session_is_named(store: Store) -> None:
    ask = link("user", "Hello")
    shown = link("assistant", "Hi", ask.digest)
    new = NewSession(name="few")
    await store.write([opened(1, (ask, shown, link("user", "Now you", shown.digest)), new=new)])
    free, named = await found(
        store, [Lookup(OWNER, anchor=shown.digest), Lookup(OWNER, name="few", anchor=shown.digest)]
    )
    assert free.anchored == ()
    assert named.named == uid(1)
    assert named.anchored[0].continued


async def test_an_answer_that_was_broken_off_is_found_by_its_beginning(store: Store) -> None:
    ask = opened(1, (link("user", "Hello"),))
    whole, broken = link("assistant", "One two three", ask.tip), link("assistant", " One two four", ask.tip)
    gone = msgspec.structs.replace(closed(2, (broken,)), ending="client_gone")
    await store.write([ask, closed(1, (whole,)), opened(2, (ask.links[0],)), gone])
    texts = ("One two", "One two four", "one", "two", "One two three", "")
    lookups = [Lookup(OWNER, anchor=b"cut", behind=ask.tip, said=text) for text in texts]
    places = await found(store, [*lookups, Lookup(OTHER, anchor=b"cut", behind=ask.tip, said="One")])
    stands = [[(stand.session, stand.at, stand.by) for stand in one.called] for one in places]
    assert stands == [[(uid(2), broken.digest, b"cut")]] * 2 + [[]] * 5


async def test_an_answer_that_goes_on_from_an_answer_continues_it(store: Store) -> None:
    ask = opened(1, (link("user", "Hello"),))
    answer = link("assistant", "Hi", ask.tip)
    await store.write([ask, closed(1, (answer,)), opened(2, (), 1, tip=answer.digest)])
    (before,) = await found(store, [Lookup(OWNER, anchor=answer.digest)])
    await store.write([closed(2, (link("assistant", "there", answer.digest),))])
    (after,) = await found(store, [Lookup(OWNER, anchor=answer.digest)])
    assert [before.anchored[0].continued, after.anchored[0].continued] == [False, True]


async def test_a_shortened_history_is_found_by_its_landmarks_and_prefixes(store: Store) -> None:
    records, _ = talk(turns=2)
    await store.write(records)
    first, last = (one for one in records if isinstance(one, Closed))
    lookup = Lookup(
        OWNER,
        anchor=b"cut",
        pair=last.landmarks[0],
        prefixes=(b"none", first.replies[0].digest),
        calls=(b"none", last.landmarks[0]),
    )
    (result,) = await found(store, [lookup])
    assert [stand.at for stand in result.called] == [last.replies[0].digest]
    assert [stand.at for stand in result.paired] == [last.replies[0].digest]
    assert [stand.at for stand in result.prefixed] == [first.replies[0].digest]


async def test_a_session_is_found_by_the_name_its_client_gave(store: Store) -> None:
    await store.write([opened(1, new=NewSession(name="n")), opened(2, new=NewSession(name="w"))])
    lookups = [Lookup(OWNER, name=name) for name in ("n", uid(1).hex(), "x")]
    by_name, by_id, none, weak = await found(store, [*lookups, Lookup(OWNER, weak="w")])
    assert (by_name.named, by_id.named, none.named, weak.weak) == (uid(1), uid(1), b"", uid(2))


async def test_an_exchange_that_ended_unanswered_is_missed_until_it_is_answered(store: Store) -> None:
    lookup = Lookup(OWNER, body_hash=b"same")

    async def missed() -> bytes:
        (result,) = await found(store, [lookup])
        return result.missed.exchange if result.missed else b""

    ask = opened(1, (link("user", "Hello"),), body_hash=b"same")
    await store.write([ask])
    assert await missed() == b""
    await store.write([closed(1, ending="upstream_error")])
    assert await missed() == uid(1)
    await store.write([opened(2, (), 1, retry_of=uid(1), tip=ask.tip, body_hash=b"same"), closed(2, status=500)])
    assert await missed() == uid(2)
    await store.write([opened(3, (), 1, retry_of=uid(2), tip=ask.tip, body_hash=b"same")])
    await store.write([closed(3, (link("assistant", "Hi", ask.tip),))])
    assert await missed() == b""


async def test_only_a_parsed_exchange_in_a_session_is_missed(store: Store) -> None:
    await store.write([opened(1, body_hash=b"a", parsed=False), closed(1)])
    await store.write([msgspec.structs.replace(opened(2, body_hash=b"b"), session=b""), closed(2)])
    await store.write([opened(3, (link("user", "x"),), body_hash=b"c", new=NewSession(name="n")), closed(3)])
    await store.write([opened(4, new=NewSession(name="other"))])
    lookups = [
        Lookup(OWNER, body_hash=b"a"),
        Lookup(OWNER, body_hash=b"b"),
        Lookup(OWNER, body_hash=b"c", name="other"),
    ]
    assert [result.missed for result in await found(store, lookups)] == [None] * 3
    (inside,) = await found(store, [Lookup(OWNER, body_hash=b"c", name="n")])
    assert inside.missed is not None
    assert inside.missed.tip == link("user", "x").digest


async def test_owners_never_meet(store: Store) -> None:
    mine = talk()[0]
    end = mine[-1]
    assert isinstance(end, Closed)
    await store.write(
        [*mine, opened(30, new=NewSession(name="n"), body_hash=b"b"), closed(30), opened(31, owner=OTHER)]
    )
    lookup = Lookup(
        OTHER,
        body_hash=b"b",
        weak="n",
        anchor=end.replies[0].digest,
        pair=end.landmarks[0],
        prefixes=(end.replies[0].digest,),
        calls=end.landmarks,
    )
    unknown = msgspec.structs.replace(lookup, owner=b"unknown")
    shortened = msgspec.structs.replace(lookup, anchor=b"cut")
    named = Lookup(OTHER, name="n")
    by_id = Lookup(OTHER, name=uid(1).hex())
    results = await found(store, [lookup, unknown, shortened, named, by_id])
    empty = (await found(store, [Lookup(OTHER)]))[0]
    assert list(results) == [empty] * 5


async def held(store: Store, **fields: Any) -> Held | None:
    (known,) = await found(store, [Lookup(OWNER, **fields)])
    return known.held


async def test_an_exchange_is_found_by_the_handle_of_its_reply(store: Store) -> None:
    ask = opened(1, (link("user", "Hello"),))
    answer = link("assistant", "Hi", ask.tip)
    await store.write([ask, closed(1, handle="resp_1")])
    assert await held(store, handle="resp_1") == Held(uid(1), uid(1), ask.tip, ask.tip, ask.links[0].lone)
    await store.write([opened(2, (link("user", "Hello"),), 1), closed(2, (answer,), handle="resp_2")])
    known = Held(uid(2), uid(1), answer.digest, ask.tip, ask.links[0].lone, continued=False, answered=True)
    assert await held(store, handle="resp_2") == known
    await store.write([opened(3, (link("user", "More", answer.digest),), 1, base=answer.digest)])
    assert await held(store, handle="resp_2") == msgspec.structs.replace(known, continued=True)
    assert await held(store, handle="resp_9") is None
    (other,) = await found(store, [Lookup(OTHER, handle="resp_2")])
    assert other.held is None


async def test_a_handle_is_found_from_any_session_as_it_stands_there(store: Store) -> None:
    ask = opened(1, (link("user", "Hello"),))
    answer = link("assistant", "Hi", ask.tip)
    await store.write([ask, closed(1, (answer,), handle="resp_1"), opened(2, new=NewSession(name="n"))])
    inside, outside = await held(store, handle="resp_1", name="n"), await held(store, handle="resp_1", name="x")
    assert inside is not None
    assert outside is not None
    assert (inside.session, inside.at, outside.session) == (uid(2), answer.digest, uid(1))


async def test_a_session_is_followed_where_it_came_to(store: Store) -> None:
    ask = opened(1, (link("user", "Hello"),), new=NewSession(name="n"))
    answer = link("assistant", "Hi", ask.tip)
    await store.write([ask])
    waiting = await held(store, name="n", follows=True)
    await store.write([closed(1, (answer,))])
    reached = await held(store, name="n", follows=True)
    assert waiting is not None
    assert reached is not None
    assert (waiting.at, reached.at) == (ask.tip, answer.digest)
    assert await held(store, follows=True) is None


async def test_what_its_upstream_still_makes_is_not_missed(store: Store) -> None:
    await store.write([opened(1, (link("user", "Hello"),), body_hash=b"same"), closed(1, handle="resp_1")])
    (known,) = await found(store, [Lookup(OWNER, body_hash=b"same")])
    assert known.missed is None


async def test_what_is_tried_again_is_no_other_requests_to_try(store: Store) -> None:
    lookup = Lookup(OWNER, body_hash=b"body".ljust(16, b"."))
    await store.write([opened(1, body_hash=lookup.body_hash), closed(1, status=429, error_message="Wait.")])
    (before,) = await found(store, [lookup])
    await store.write([opened(2, (), 1, body_hash=lookup.body_hash, retry_of=uid(1))])
    (meanwhile,) = await found(store, [lookup])
    await store.write([closed(2, status=429, error_message="Wait.")])
    (after,) = await found(store, [lookup])
    assert before.missed is not None
    assert before.missed.exchange == uid(1)
    assert meanwhile.missed is None
    assert after.missed is not None
    assert after.missed.exchange == uid(2)
