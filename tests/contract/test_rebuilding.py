"""Requests and replies come back byte for byte, or not at all."""

from __future__ import annotations

import msgspec

from storage.packing import pack_residue
from storage.ports import Store
from storage.records import Blob, Closed, Link, Opened, Planned, PlanRow, Prompt
from tests.storage.samples import blob, closed, digest, dumped, link, opened, talk, uid


async def test_requests_and_replies_are_rebuilt_byte_for_byte(store: Store) -> None:
    records, bodies = talk(turns=6)
    for record in records:
        await store.write([record])
    for at, (sent, reply) in enumerate(bodies):
        assert await store.sent(uid(1 + at)) == sent
        assert await store.reply(uid(1 + at)) == reply


def listed(number: int, links: list[Link], base: bytes = b"", blobs: tuple[Blob, ...] = ()) -> Opened:
    """A request whose list is kept whole, in square brackets."""
    residue = blob("residue", pack_residue(b"[", b"]", {}))
    prompt = Prompt(digest(b"list", uid(number)))
    more = {"base": base, "blobs": (residue, *blobs), "residue": residue.hash, "prompt": prompt}
    return opened(number, tuple(links), 1, **more)


def joined(links: list[Link]) -> bytes:
    return b"[" + b"".join(one.separator + one.body for one in links) + b"]"


def system(text: str, separator: bytes = b",") -> tuple[Link, Blob]:
    """A system message, which stands outside the chain."""
    said = blob("system", dumped("system", text))
    return Link(role="system", body=said.data, text=text, separator=separator, blob=said.hash), said


async def test_system_messages_in_the_middle_and_odd_separators_are_rebuilt(store: Store) -> None:
    (first, one), (second, two) = system("Be brief.", b""), system("It is noon.", b"\t,\n")
    ask = link("user", "Hello", separator=b" ,  ")
    links = [first, ask, second, link("user", "Are you there?", ask.digest, separator=b"\r\n,")]
    await store.write([listed(1, links, blobs=(one, two))])
    assert await store.sent(uid(1)) == joined(links)
    assert await store.system(one.hash) == one.data
    assert await store.system(b"none") is None
    assert (await store.totals()).messages == 2


async def test_a_window_is_found_again_among_the_messages_before_it(store: Store) -> None:
    records, _ = talk(turns=5)
    await store.write(records)
    replies = [one.replies[0] for one in records if isinstance(one, Closed)]
    asks = [one.links[-1] for one in records if isinstance(one, Opened)]
    loose = [
        msgspec.structs.replace(one, digest=b"", parent=b"", separator=b"," if at else b"")
        for at, one in enumerate([asks[3], replies[3], asks[4]])
    ]
    loose[1] = msgspec.structs.replace(loose[1], body=b'{"role":"assistant","content":"Answer 3, and more of it"}')
    anchor = msgspec.structs.replace(replies[4], separator=b" ,")
    ask = link("user", "And then?", anchor.digest, separator=b", ")
    links = [*loose, anchor, ask]
    await store.write([listed(20, links, base=anchor.digest)])
    assert await store.sent(uid(20)) == joined(links)
    assert (await store.totals()).messages == 11


async def test_what_is_found_nowhere_is_kept_with_its_list(store: Store) -> None:
    unknown = link("user", "Never seen", digest=b"")
    ask = link("user", "And then?", separator=b",")
    for number, base in ((20, b""), (21, b"not there")):
        await store.write([listed(number, [unknown, ask], base=base)])
        assert await store.sent(uid(number)) == joined([unknown, ask])
    assert (await store.totals()).messages == 1


async def test_a_body_with_a_piece_missing_is_not_known(store: Store) -> None:
    said, _ = system("lost", b"")
    await store.write([listed(1, [said])])
    records, _ = talk(40, turns=2)
    lost_list = msgspec.structs.replace(opened(60), prompt=Prompt(b"next", b"lost"), residue=b"r")
    lost = blob("residue", pack_residue(b"[[1]", b"]", {b"lost": b"[1]"}))
    lost_tools = msgspec.structs.replace(records[0], id=uid(61), blobs=(lost,), residue=lost.hash)
    await store.write([lost_list, lost_tools])
    assert [await store.sent(uid(number)) for number in (1, 60, 61, 99)] == [None] * 4


async def test_a_reply_of_several_choices_is_rebuilt(store: Store) -> None:
    ask = opened(1, (link("user", "Hello"),))
    one, two = link("assistant", "Hi", ask.tip), link("assistant", "Hey", ask.tip)
    residue = msgspec.msgpack.encode([b'{"choices":[', b",", b"]}"])
    await store.write([ask, closed(1, (one, two), residue=residue)])
    assert await store.reply(uid(1)) == b'{"choices":[' + one.body + b"," + two.body + b"]}"


async def test_frames_that_were_kept_are_the_reply(store: Store) -> None:
    await store.write([opened(1), closed(1, raw=blob("raw", b"data: x\n\n" * 99))])
    assert await store.reply(uid(1)) == b"data: x\n\n" * 99


async def test_a_reply_that_is_not_known_is_none(store: Store) -> None:
    await store.write([opened(1), opened(2), closed(2), opened(3)])
    await store.write([closed(3, residue=msgspec.msgpack.encode([b"a", b"b"]))])
    assert [await store.reply(uid(number)) for number in (1, 2, 3, 9)] == [None] * 4


async def test_a_list_that_goes_on_from_the_middle_of_another_is_rebuilt(store: Store) -> None:
    ask = link("user", "Hello", separator=b"")
    answer = link("assistant", "Hi", ask.digest, separator=b",")
    more = link("user", "Bye", answer.digest, separator=b" , ")
    first = listed(1, [ask, answer, more])
    assert first.prompt is not None
    stops = ((digest(b"middle"), 1),)
    await store.write([msgspec.structs.replace(first, prompt=msgspec.structs.replace(first.prompt, stops=stops))])
    other = link("user", "Or not?", answer.digest, separator=b",")
    second = listed(2, [answer, other])
    assert second.prompt is not None
    prompt = msgspec.structs.replace(second.prompt, parent=digest(b"middle"))
    await store.write([msgspec.structs.replace(second, prompt=prompt)])
    assert await store.sent(uid(1)) == joined([ask, answer, more])
    assert await store.sent(uid(2)) == joined([ask, answer, other])


async def test_another_attempt_without_messages_of_its_own_leaves_no_empty_list_behind(store: Store) -> None:
    links = [link("user", "Hello", separator=b"")]
    await store.write([listed(1, links)])
    again = listed(2, [])
    stops = ((digest(b"middle"), 1),)
    await store.write([msgspec.structs.replace(again, prompt=Prompt(digest(b"list", uid(1)), stops=stops))])
    await store.write([msgspec.structs.replace(listed(3, []), prompt=Prompt(digest(b"x"), digest(b"middle")))])
    assert await store.sent(uid(2)) == joined(links)
    assert await store.sent(uid(3)) is None


async def test_how_a_body_was_changed_on_its_way_is_told(store: Store) -> None:
    text = blob("context", b"head")
    planned = Planned(9, 4, b"plan", (text,))
    await store.write([opened(1), closed(1)])
    await store.write([opened(2), closed(2, forwarded_hash=b"h", sent_model="other", adds_usage=True)])
    await store.write([opened(3), closed(3, forwarded_hash=b"h", planned=planned)])
    assert await store.plan(uid(1)) is None
    assert await store.plan(uid(2)) == PlanRow(b"", 0, 0, "chat", "other", adds_usage=True)
    assert await store.plan(uid(3)) == PlanRow(b"plan", 9, 4, "chat", "", {text.hash.hex(): "head"})
