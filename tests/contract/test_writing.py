"""What is written counts once, however often it is written, and what can't be written harms nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from storage.inquiries import Inquiry
from storage.packing import pack_residue
from storage.ports import Store, StoreError
from storage.records import (
    Attempt,
    Checkpointed,
    Lookup,
    Lost,
    NewSession,
    Opened,
    Prompt,
    Record,
    SegmentRecord,
)
from tests.storage.questions import Wondering
from tests.storage.samples import OWNER, SECOND, blob, called, closed, dumped, link, opened, talk, uid

OTHER = b"other".ljust(16, b".")


async def seen(store: Store) -> list[object]:
    """All that can be read of a store."""
    sessions = await store.sessions(limit=100)
    exchanges = await store.exchanges()
    return [
        sessions,
        exchanges,
        [(await store.messages(row.id), await store.calls(row.id)) for row in sessions],
        [(await store.sent(row.id), await store.reply(row.id), await store.attempts(row.id)) for row in exchanges],
        await store.totals(),
        await store.orphans(),
        (await store.search(Inquiry("o", limit=100))).hits,
    ]


async def test_nothing_ends_before_it_began_though_the_clock_was_put_back(store: Store) -> None:
    ask = opened(5, (link("user", "Weather?"),))
    call = msgspec.structs.replace(called(5, ask.tip), at=3, first_byte_at=2, attempts=(Attempt(1, "a", 9, 4),))
    result = opened(4, (link("tool", "24 °C", call.replies[0].digest, call_id="call_1"),), 5)
    await store.write([ask, call, msgspec.structs.replace(result, at=1)])
    latest = next(row for row in await store.exchanges() if row.id == ask.id)
    assert latest.at == latest.first_byte_at == latest.ended_at
    (tried,) = await store.attempts(ask.id)
    assert tried.started_at == tried.ended_at
    (paired,) = await store.calls(ask.session)
    assert paired.called_at == paired.returned_at


async def test_writing_a_record_again_changes_nothing(store: Store) -> None:
    first = opened(90, (link("user", "What now, o store?"),), new=NewSession(name="n", title="t", tags=("a",)))
    call = called(90, first.tip)
    result = opened(91, (link("tool", "o, sunny", call.replies[0].digest, call_id="call_1"),), 90)
    records: list[Record] = [
        *talk()[0],
        first,
        call,
        result,
        Checkpointed(uid(91), 0, b"piece"),
        Checkpointed(uid(91), 1, b" by piece"),
        opened(92, parsed=False, session=90),
        Lost(5, 7, "full"),
    ]
    await store.write(records)
    before = await seen(store)
    await store.write(records)
    for record in records:
        await store.write([record])
    assert await seen(store) == before


async def test_a_message_is_stored_once_however_often_it_is_sent(store: Store) -> None:
    records, _ = talk(turns=4)
    await store.write(records)
    again = [msgspec.structs.replace(one, id=uid(50 + at)) for at, one in enumerate(records) if isinstance(one, Opened)]
    await store.write(again)
    assert (await store.totals()).messages == 8
    assert len(await store.messages(uid(1))) == 8


async def test_a_session_has_its_counts_and_its_first_question_as_title(store: Store) -> None:
    await store.write(talk(turns=3)[0])
    (row,) = await store.sessions()
    assert row.title == "Question 0 for 1?"
    assert (row.exchanges, row.messages, row.user_messages, row.ai_messages) == (3, 6, 3, 3)
    assert (row.prompt_tokens, row.completion_tokens, row.cached_tokens, row.cost) == (30, 15, 6, 3000)
    assert (row.errors, row.unpriced, row.tool_calls) == (0, 0, 0)
    assert (row.created_at, row.updated_at) == (SECOND, 3 * SECOND + SECOND // 2)
    assert (row.model, row.user_agent) == ("gpt-4o", "test/1")


async def test_what_headers_say_of_a_session_counts_over_what_was(store: Store) -> None:
    said = NewSession(name="mine", title="One", tags=("a", "b"), meta={"x": "1", "y": "2"})
    more = NewSession(title="Two", meta={"y": "3"})
    await store.write([opened(1, (link("user", "Hello"),), new=said), opened(2, (), 1, new=more)])
    row = await store.session("mine")
    assert row is not None
    assert (row.title, row.tags, row.meta) == ("Two", ("a", "b"), {"x": "1", "y": "3"})


async def test_a_session_that_came_before_its_parent_is_below_it_all_the_same(store: Store) -> None:
    await store.write([opened(1, new=NewSession(name="agent", parent="main"))])
    assert (await store.sessions())[0].parent == b""
    await store.write([opened(2, new=NewSession(name="main")), opened(3, new=NewSession(name="late", parent="main"))])
    parents = {row.id: row.parent for row in await store.sessions()}
    assert parents == {uid(1): uid(2), uid(2): b"", uid(3): uid(2)}
    assert [row.id for row in await store.children(uid(2))] == [uid(1), uid(3)]


async def test_no_session_ends_below_itself(store: Store) -> None:
    await store.write([opened(1, new=NewSession(name="a", parent="b"))])
    await store.write([opened(2, new=NewSession(name="b", parent="a"))])
    await store.write([opened(3, new=NewSession(name="c", parent="c"))])
    parents = {row.id: row.parent for row in await store.sessions()}
    assert parents == {uid(1): b"", uid(2): uid(1), uid(3): b""}


async def test_a_session_names_its_parent_by_name_or_id(store: Store) -> None:
    parent = "00000000-0000-0000-0000-000000000001"
    await store.write([opened(1, new=NewSession(name="up"))])
    await store.write([opened(at, new=NewSession(parent=key)) for at, key in ((2, "up"), (3, parent), (4, "none"))])
    assert [row.parent for row in await store.sessions()] == [b"", uid(1), uid(1), b""]


async def test_two_processes_which_make_a_session_of_one_name_make_one(store: Store) -> None:
    await store.write([opened(1, new=NewSession(name="n")), opened(2, new=NewSession(name="n"))])
    (row,) = await store.sessions()
    assert (row.id, row.exchanges) == (uid(1), 2)


async def test_a_session_whose_first_record_was_lost_is_made_by_the_next(store: Store) -> None:
    await store.write([opened(7, (link("user", "Hi", b"gone"),), 3)])
    assert (await store.sessions())[0].id == uid(3)


async def test_a_request_that_belongs_nowhere_has_no_session(store: Store) -> None:
    await store.write([opened(1, (link("user", "Hello there"),), session=0) for _ in range(2)])
    await store.write([msgspec.structs.replace(opened(2, (link("user", "Hidden"),)), session=b""), closed(2)])
    assert len(await store.sessions()) == 1
    assert [row.session for row in await store.exchanges()] == [b"", uid(1)]
    assert (await store.search(Inquiry("Hidden"))).hits == ()


async def test_a_request_that_was_not_parsed_has_no_messages(store: Store) -> None:
    residue = blob("residue", pack_residue(b"not json", b"", {}))
    record = opened(1, parsed=False, blobs=(residue,), residue=residue.hash)
    await store.write([record, closed(1)])
    assert await store.sent(uid(1)) == b"not json"
    (row,) = await store.sessions()
    assert (row.exchanges, row.messages, row.title) == (1, 0, "")
    assert not (await store.exchanges())[0].parsed


async def test_the_end_of_an_unknown_exchange_is_ignored(store: Store) -> None:
    await store.write([closed(1), Checkpointed(uid(1), 0, b"x")])
    assert await store.exchanges() == []


async def test_retries_count_as_exchanges_and_their_messages_once(store: Store) -> None:
    ask = opened(1, (link("user", "Hello"),), body_hash=b"same", prompt=Prompt(b"list"))
    again = opened(2, (), 1, retry_of=uid(1), tip=ask.tip, body_hash=b"same", prompt=Prompt(b"list"), match="retry")
    answer = link("assistant", "Hi", ask.tip)
    failed = closed(1, ending="upstream_error", status=500, error_message="no", cost=None, completion_tokens=None)
    await store.write([ask, failed, again, closed(2, (answer,))])
    (row,) = await store.sessions()
    assert (row.exchanges, row.messages, row.user_messages, row.ai_messages, row.errors) == (2, 2, 1, 1, 1)
    first, second = await store.exchanges(uid(1))
    assert (second.retry_of, second.tip, second.match) == (uid(1), first.tip, "retry")
    assert (await store.totals()).errors == 1


async def test_an_answer_given_twice_counts_once(store: Store) -> None:
    ask = opened(1, (link("user", "Hello"),))
    answer = link("assistant", "Hi", ask.tip)
    other = msgspec.structs.replace(answer, body=dumped("assistant", "Hi", more=1))
    residue = msgspec.msgpack.encode([b"<", b">"])
    await store.write([ask, closed(1, (answer,), residue=residue)])
    again = opened(2, (), 1, tip=ask.tip)
    await store.write([again, closed(2, (other,), residue=residue)])
    (row,) = await store.sessions()
    assert (row.messages, row.ai_messages, row.unpriced) == (2, 1, 0)
    assert [await store.reply(uid(at)) for at in (1, 2)] == [b"<" + answer.body + b">", b"<" + other.body + b">"]


async def test_an_exchange_reads_as_it_was_written(store: Store) -> None:
    ask = opened(1, (link("user", "Hello"),), stream=True, system=b"s" * 16)
    attempts = (Attempt(0, "a", 1, 2, error="refused"), Attempt(1, "b", 3, 4, 429))
    end = closed(
        1,
        first_byte_at=ask.at + 9,
        upstream_id="u",
        error_type="t",
        error_code="c",
        error_body=b"{}",
        attempts=attempts,
    )
    await store.write([ask, end])
    (row,) = await store.exchanges(uid(1))
    assert (row.id, row.session, row.match, row.at, row.ended_at) == (uid(1), uid(1), "new", ask.at, end.at)
    assert (row.first_byte_at, row.stream, row.parsed, row.status) == (ask.at + 9, True, True, 200)
    assert (row.ending, row.upstream_id, row.error_type, row.error_code) == ("complete", "u", "t", "c")
    assert (row.error_body, row.answered_by, row.cost, row.system) == (b"{}", "gpt-4o-2024", 1000, b"s" * 16)
    assert await store.attempts(uid(1)) == list(attempts)
    assert (row.attempts, row.provider, row.sent_model) == (2, ask.provider, "")
    assert await store.exchanges() == [row]


async def test_an_exchange_belongs_to_the_provider_that_answered_it(store: Store) -> None:
    await store.write([opened(1, provider="a"), closed(1, provider="b", sent_model="there")])
    (row,) = await store.exchanges()
    assert (row.provider, row.sent_model, row.attempts) == ("b", "there", 0)
    assert [model.provider for model in (await store.totals()).models] == ["b"]


async def test_an_open_exchange_reads_as_open(store: Store) -> None:
    await store.write([opened(1)])
    (row,) = await store.exchanges()
    assert (row.ended_at, row.status, row.ending, row.cost, row.answer) == (0, 0, "", None, 0)
    assert (await store.totals()).open == 1


async def test_what_a_database_cannot_hold_is_cleaned_away(store: Store) -> None:
    """One odd record must not stop the others."""
    ask = opened(1, (link("user", "half a \ud83d here and nul\0bytes"),), model="m\ud800", user_agent="\0")
    huge = closed(1, (link("assistant", "Hi \udc00", ask.tip),), prompt_tokens=10**40, error_message="\ud800")
    await store.write([opened(5), ask, huge, Wondering(Lookup(OWNER, name="\ud800"))])
    assert [hit.role for hit in (await store.search(Inquiry("half"))).hits] == ["user"]
    assert [hit.role for hit in (await store.search(Inquiry("bytes"))).hits] == ["user"]
    assert (await store.exchanges(uid(1)))[0].prompt_tokens == 2**63 - 1
    assert await store.session("\ud800") is None
    assert (await store.search(Inquiry("\ud800 nowhere \0"))).hits == ()


async def test_a_record_that_contradicts_the_store_is_refused_and_said_to_be(store: Store) -> None:
    await store.write([opened(1)])
    with pytest.raises(StoreError) as raised:
        await store.write([opened(3), opened(2, (), 1, owner=OTHER)])
    assert raised.value.refused
    assert [row.id for row in await store.exchanges()] == [uid(1)]


async def test_a_batch_that_fails_leaves_no_trace_in_memory(store: Store) -> None:
    records, bodies = talk(turns=2)
    await store.write([opened(80)])
    with pytest.raises(StoreError):
        await store.write([*records[:3], opened(81, (), 80, owner=OTHER)])
    await store.write(records)
    assert (await store.totals()).messages == 4
    assert await store.sent(uid(2)) == bodies[1][0]


async def test_an_answer_that_comes_late_is_its_exchanges_once(store: Store) -> None:
    ask = opened(1, (link("user", "Hello"),))
    answer = link("assistant", "Hi", ask.tip)
    counted: dict[str, Any] = {"prompt_tokens": None, "completion_tokens": None, "cached_tokens": None, "cost": None}
    await store.write([ask, closed(1, handle="resp_1", finish_reason="", **counted)])
    for number in (2, 3):
        fetch = opened(number, parsed=False, method="GET")
        late = closed(number, (answer,), exchange=uid(1), handle="resp_1")
        await store.write([msgspec.structs.replace(fetch, session=b""), closed(number, late=late, **counted)])
    (session,) = await store.sessions()
    (row,) = await store.exchanges(uid(1))
    assert [message.text for message in await store.messages(uid(1))] == ["Hello", "Hi"]
    assert (session.exchanges, session.messages, session.completion_tokens, session.cost) == (1, 2, 5, 1000)
    assert (row.finish_reason, row.completion_tokens, row.cost, row.answer > 0) == ("stop", 5, 1000, True)


async def test_a_failure_that_comes_late_counts_once(store: Store) -> None:
    await store.write([opened(1, (link("user", "Hello"),)), closed(1, handle="resp_1")])
    late = closed(2, exchange=uid(1), ending="upstream_error", error_message="It broke.")
    for number in (2, 3):
        await store.write([opened(number, parsed=False), closed(number, late=late)])
    session = await store.session(uid(1).hex())
    assert session is not None
    assert session.errors == 1


async def test_a_summary_that_a_model_wrote_is_kept_with_the_exchange_that_asked_for_it(store: Store) -> None:
    summary = SegmentRecord(b"h" * 16, b"d" * 16, b"p" * 16, 0, 4, 0, 9, "Goal: none.", "model", b"data")
    asked = opened(1, parsed=True, session=1)
    await store.write([asked, msgspec.structs.replace(closed(1), replies=(), summary=summary)])
    assert await store.summaries([b"x" * 16, b"d" * 16]) == [summary]
    assert [row.text for row in await store.segments(uid(1))] == ["Goal: none."]
    await store.erasures.erase(uid(1))
    assert await store.summaries([b"d" * 16]) == []
