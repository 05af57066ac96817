"""The latest entries, as a reflection needs them."""

from __future__ import annotations

from typing import Any

from storage.ports import Store
from tests.storage.samples import OWNER, SECOND, called, closed, link, opened, uid

OTHER = b"other".ljust(16, b".")


async def test_entries_hold_what_was_asked_answered_called_and_spent(store: Store) -> None:
    question = link("user", "What weather?")
    await store.write([opened(1, (question,)), called(1, question.digest)])
    result = link("tool", "Error: no such place", question.digest, call_id="call_1", failed=True)
    reply = link("assistant", "I don't know.", result.digest)
    await store.write([opened(2, (result,), session=1), closed(2, (reply,), confidence=250_000)])
    second, first = await store.entries()
    assert (first.id, first.session, first.at, first.question, first.answer) == (
        uid(1),
        uid(1),
        SECOND,
        "What weather?",
        "calls call_1",
    )
    (tool,) = first.tools
    assert (tool.name, tool.ok, tool.called_at, tool.returned_at, tool.said) == (
        "weather",
        False,
        SECOND + SECOND // 2,
        2 * SECOND,
        "Error: no such place",
    )
    assert (second.question, second.answer, second.tools) == ("", "I don't know.", ())
    assert (second.tokens, second.cost, second.confidence, second.model) == (15, 1000, 250_000, "gpt-4o")


async def test_an_entry_tells_its_error_and_a_call_without_a_result_is_open(store: Store) -> None:
    question = link("user", "hi")
    failed: dict[str, Any] = {
        "ending": "upstream_error",
        "status": 500,
        "error_type": "a",
        "error_code": "b",
        "error_message": "c",
    }
    await store.write([opened(1, (question,)), called(1, question.digest), opened(2), closed(2, **failed)])
    second, first = await store.entries()
    assert (second.ending, second.status, second.error_type, second.error_code, second.error_message) == (
        "upstream_error",
        500,
        "a",
        "b",
        "c",
    )
    assert (first.tools[0].ok, first.tools[0].returned_at) == (None, 0)


async def test_the_latest_that_ended_are_told_of_an_owner_and_a_span(store: Store) -> None:
    for number in range(1, 6):
        await store.write([opened(number, owner=OTHER if number == 2 else OWNER), closed(number)])
    await store.write([opened(6)])
    assert [row.id for row in await store.entries(limit=2)] == [uid(5), uid(4)]
    assert [row.id for row in await store.entries(OTHER)] == [uid(2)]
    assert [row.id for row in await store.entries(since=2 * SECOND, until=4 * SECOND)] == [uid(3), uid(2)]
    assert await store.entries(since=200_000 * SECOND) == []
    assert await store.entries(limit=0) == []
