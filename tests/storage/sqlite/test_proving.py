"""Proofs, takes, news and repairs."""

from __future__ import annotations

import msgspec

from storage.inquiries import Inquiry
from storage.records import Call, Posted
from storage.sqlite.store import open_memory
from storage.upkeep import Mark
from tests.storage.samples import SECOND, closed, link, opened, uid


async def test_proofs_come_in_their_order_from_a_row_on() -> None:
    store = await open_memory()
    await store.write([opened(1), closed(1, reply_hash=b"h"), opened(2), closed(2), opened(3)])
    first, second = await store.upkeep.proofs(0, 10)
    assert (first.exchange, first.request, first.reply, first.answered) == (uid(1), uid(1), b"h", False)
    assert await store.upkeep.proofs(first.row, 10) == [second]
    assert await store.upkeep.proofs(0, 10, uid(2)) == [second]
    await store.close()


async def test_a_take_has_all_answers_in_the_form_in_which_they_came() -> None:
    store = await open_memory()
    ask = opened(1, (link("user", "Hello"),))
    one, two = link("assistant", "Hi", ask.tip), link("assistant", "Hey", ask.tip)
    other = msgspec.structs.replace(one, body=b'{"content":"Hi"}')
    again = opened(2, (link("user", "Hello"),), 1)
    await store.write([ask, closed(1, (one, two)), again, closed(2, (other,)), opened(3, session=1)])
    first, second = await store.upkeep.takes(uid(1))
    assert first.answers == (one.body, two.body)
    assert (second.answers, second.status, second.prompt_tokens) == ((other.body,), 200, 10)
    assert await store.upkeep.take(uid(2)) == second
    assert await store.upkeep.take(uid(3)) is None
    await store.close()


async def test_news_come_once_and_the_end_of_what_was_open_later() -> None:
    store = await open_memory()
    ask = opened(1, (link("user", "Hello"),))
    await store.write([ask])
    first, mark = await store.upkeep.news(Mark())
    assert [(one.kind, one.text) for one in first] == [("message", "Hello")]
    assert (await store.upkeep.mark()).open == mark.open != ()
    answer = link("assistant", "Hi", ask.tip)
    call = Call("c", "look", "{}", answer.digest)
    await store.write([closed(1, (answer,), calls=(call,), ending="client_gone", error_message="gone")])
    second, mark = await store.upkeep.news(mark)
    assert sorted((one.kind, one.text) for one in second) == [("error", "gone"), ("message", "Hi"), ("tool_call", "{}")]
    assert (await store.upkeep.news(mark))[0] == []
    await store.close()


async def test_what_is_right_already_is_left_alone() -> None:
    store = await open_memory()
    ask = opened(1, (link("user", "Hello"),))
    await store.write([ask, closed(1, (link("assistant", "Hi", ask.tip),)), opened(2)])
    repaired = await store.upkeep.repair()
    assert (repaired.sessions, repaired.messages) == (0, 2)
    await store.close()


async def test_what_was_posted_is_news() -> None:
    store = await open_memory()
    await store.write([opened(1, (link("user", "Hello"),))])
    mark = await store.upkeep.mark()
    decision = Posted(uid(60), uid(1), SECOND, "decision", "assistant", "Go south", rationale="whales do")
    tool = Posted(uid(61), uid(1), 2 * SECOND, "tool_call", "tool", "look", "look", arguments="{}", ok=True)
    await store.write([decision, tool])
    news, mark = await store.upkeep.news(mark)
    assert [(one.kind, one.text, one.name, one.rationale) for one in news] == [
        ("decision", "Go south", "", "whales do"),
        ("tool_call", "{}", "look", ""),
    ]
    assert (await store.upkeep.news(mark))[0] == []
    await store.close()


async def test_a_repair_counts_what_was_posted() -> None:
    store = await open_memory()
    kinds = ("decision", "error", "tool_call")
    posted = [Posted(uid(60 + at), uid(1), SECOND, kind, "system", "whale") for at, kind in enumerate(kinds)]
    await store.write([opened(1, (link("user", "Hello"),)), *posted])
    assert (await store.upkeep.repair()).sessions == 0
    (row,) = await store.sessions()
    assert (row.decisions, row.errors, row.tool_calls) == (1, 1, 1)
    assert len((await store.search(Inquiry("whale"))).hits) == 3
    await store.close()
