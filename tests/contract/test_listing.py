"""Sessions, exchanges and logs page by page: nothing twice and nothing left out, whatever arrives in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from storage.listings import EventFilter, ExchangeFilter, SessionFilter
from storage.ports import Store
from storage.records import ClosingRecord, NewSession, Planned, Posted, SegmentRecord
from tests.storage.samples import OWNER, SECOND, called, closed, link, opened, talk, uid

OTHER = b"other".ljust(16, b".")
EVERYTHING: Sequence[int] = ()


async def ids(store: Store, **wanted: Any) -> list[int]:
    """The sessions that a filter lets through, by their numbers."""
    page = await store.listings.sessions(SessionFilter(**wanted), (), 100)
    return [int.from_bytes(row.id, "big") for row in page.rows]


async def test_sessions_come_newest_first_and_a_page_goes_on_where_the_last_one_ended(store: Store) -> None:
    await store.write([opened(number) for number in (1, 2, 3)])
    first = await store.listings.sessions(SessionFilter(), (), 2)
    await store.write([opened(4), opened(5, (), 1)])
    rest = await store.listings.sessions(SessionFilter(), first.next, 2)
    assert [row.id for row in (*first.rows, *rest.rows)] == [uid(3), uid(2), uid(1)]
    assert rest.next == ()


async def test_sessions_come_by_their_activity_where_that_is_asked_for(store: Store) -> None:
    await store.write([opened(1), opened(2), opened(3), opened(4, (), 1)])
    first = await store.listings.sessions(SessionFilter(active=True), (), 2)
    rest = await store.listings.sessions(SessionFilter(active=True), first.next, 2)
    assert [row.id for row in (*first.rows, *rest.rows)] == [uid(1), uid(3), uid(2)]


async def test_sessions_are_filtered_by_all_that_is_known_of_them(store: Store) -> None:
    said = NewSession(name="Küche", title="A Título", tags=("red", "blue"), meta={"who": "Ada"})
    await store.write([opened(1, new=said), opened(2, model="llama"), opened(3, owner=OTHER)])
    await store.write([closed(2, model="llama-70b"), closed(3, error_message="no")])
    assert await ids(store) == [3, 2, 1]
    assert await ids(store, owner=OWNER) == [2, 1]
    assert [await ids(store, q=text) for text in ("titulo", "KUCHE", "blu", "ada")] == [[1]] * 4
    assert await ids(store, model="llama") == await ids(store, model="llama-70b") == [2]
    assert (await ids(store, tag="red"), await ids(store, tag="re")) == ([1], [])
    assert (await ids(store, errors=True), await ids(store, errors=False)) == ([3], [2, 1])
    assert await ids(store, since=2 * SECOND) == [3, 2]
    assert await ids(store, until=2 * SECOND) == [1]


async def test_exchanges_come_newest_first_of_all_sessions_or_of_one(store: Store) -> None:
    await store.write([opened(1), opened(2, (), 1), opened(3, owner=OTHER, provider="p", model="m")])
    await store.write([closed(2, ending="upstream_cut"), closed(3)])
    listings = store.listings
    first = await listings.exchanges(ExchangeFilter(), (), 2)
    await store.write([opened(4)])
    rest = await listings.exchanges(ExchangeFilter(), first.next, 2)
    assert [row.id for row in (*first.rows, *rest.rows)] == [uid(3), uid(2), uid(1)]
    for wanted, expected in (
        (ExchangeFilter(session=uid(1)), [2, 1]),
        (ExchangeFilter(owner=OTHER), [3]),
        (ExchangeFilter(provider="p"), [3]),
        (ExchangeFilter(model="m"), [3]),
        (ExchangeFilter(errors=True), [2]),
        (ExchangeFilter(since=2 * SECOND, until=4 * SECOND), [3, 2]),
    ):
        page = await listings.exchanges(wanted, (), 10)
        assert [row.id for row in page.rows] == [uid(number) for number in expected]


async def test_an_exchange_is_its_owners(store: Store) -> None:
    await store.write([opened(1), closed(1, confidence=700_000)])
    row = await store.listings.exchange(uid(1), OWNER)
    assert row is not None
    assert row.confidence == 700_000
    assert await store.listings.exchange(uid(1), OTHER) is None
    assert await store.listings.exchange(uid(2)) is None


def decision(number: int, session: int = 1, **fields: Any) -> Posted:
    """A decision that was posted."""
    values = {"kind": "decision", "source": "assistant", "text": f"decision {number}"} | fields
    return Posted(uid(number), uid(session), number * SECOND, **values)


async def logged(store: Store) -> None:
    """A question, a call with its result, a failure and a decision."""
    ask = opened(1, (link("user", "Weather?"),))
    call = called(1, ask.tip)
    result = link("tool", "24 °C", call.replies[0].digest, call_id="call_1")
    await store.write([ask, call, opened(2, (result,), 1), closed(2, ending="upstream_cut", error_message="gone")])
    await store.write([decision(3, confidence=400_000, rationale="why")])


async def test_a_log_puts_all_kinds_of_entries_in_one_order(store: Store) -> None:
    await logged(store)
    page = await store.listings.events(EventFilter(session=uid(1)), (), 100)
    kinds = ["message", "message", "tool_call", "tool_result", "error", "decision"]
    assert [row.type for row in page.rows] == kinds
    call, result, error, decided = page.rows[2:]
    assert (call.name, call.arguments, call.ok, call.message) == ("weather", '{"place":"Lisbon"}', True, 2)
    assert (result.source, result.call_id, result.text) == ("tool", "call_1", "24 °C")
    assert (error.text, error.exchange) == ("gone", uid(2))
    assert (decided.rationale, decided.confidence, decided.id) == ("why", 400_000, uid(3))
    newest = await store.listings.events(EventFilter(), (), 100)
    assert [row.type for row in newest.rows] == kinds[::-1]


@pytest.mark.parametrize("session", [uid(1), None])
async def test_a_log_is_read_whole_in_pages_of_any_size_while_it_grows(store: Store, session: bytes | None) -> None:
    await logged(store)
    wanted = EventFilter(session=session)
    whole = [(row.kind, row.row) for row in (await store.listings.events(wanted, (), 100)).rows]
    for size in (1, 2, 4, 5):
        read: list[tuple[str, int]] = []
        place: Sequence[int] = ()
        while len(read) < len(whole):
            page = await store.listings.events(wanted, place, size)
            read += [(row.kind, row.row) for row in page.rows]
            place = page.next
            if session is None:
                await store.write([decision(100 * size + len(read), 1)])
        assert read == (whole if session else read[:1] + read[1:])
        assert len(set(read)) == len(read)
        if session is None:
            whole = [(row.kind, row.row) for row in (await store.listings.events(wanted, (), 1000)).rows]
            assert read == [each for each in whole if each in set(read)]


async def test_a_log_holds_the_summaries_of_its_segments(store: Store) -> None:
    await logged(store)
    segment = SegmentRecord(b"\xab", b"d", b"", 0, 2, 0, 5, "They talked.", "extractive")
    planned = Planned(9, 4, b"plan", (), ClosingRecord(b"d", 300, b"closing", (segment,)))
    await store.write([opened(4, (), 1), closed(4, planned=planned)])
    for wanted in (EventFilter(session=uid(1)), EventFilter(owner=OWNER), EventFilter(type="summary", role="system")):
        (found,) = [row for row in (await store.listings.events(wanted, (), 100)).rows if row.type == "summary"]
        assert (found.text, found.name, found.source, found.session) == ("They talked.", "ab", "system", uid(1))
    assert (await store.listings.events(EventFilter(type="summary", owner=OTHER), (), 100)).rows == ()


async def test_logs_are_filtered_by_type_role_and_owner(store: Store) -> None:
    await logged(store)
    for wanted, expected in (
        (EventFilter(type="message"), 2),
        (EventFilter(type="tool_result"), 1),
        (EventFilter(type="error"), 1),
        (EventFilter(type="decision"), 1),
        (EventFilter(type="summary"), 0),
        (EventFilter(role="user"), 1),
        (EventFilter(role="assistant"), 3),
        (EventFilter(role="system"), 1),
        (EventFilter(owner=OTHER), 0),
        (EventFilter(owner=OWNER), 6),
    ):
        assert len((await store.listings.events(wanted, (), 100)).rows) == expected, wanted


async def test_what_is_posted_counts_once(store: Store) -> None:
    await store.write([opened(1), decision(2), decision(2), decision(3, kind="error"), decision(4, kind="tool_call")])
    row = await store.session(uid(1).hex())
    assert row is not None
    assert (row.decisions, row.errors, row.tool_calls) == (1, 1, 1)
    assert row.updated_at == 4 * SECOND


async def test_what_is_posted_to_no_session_is_nothing(store: Store) -> None:
    await store.write([decision(2, session=9), *talk()[0]])
    assert (await store.listings.events(EventFilter(type="decision"), (), 10)).rows == ()
