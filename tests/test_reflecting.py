"""A reflection over a store."""

from __future__ import annotations

from proxy.reflecting import COUNTED, KNOWN, Held, Reflector, Span, entry_of, shipped_stop_words
from storage.inquiries import EntryRow, ToolRow
from storage.opening import open_store
from tests.storage.samples import SECOND, closed, link, opened

ROW = EntryRow(
    id=b"\0" * 16,
    session=b"",
    at=SECOND,
    ended_at=3 * SECOND,
    model="gpt",
    status=200,
    ending="complete",
    finish_reason="stop",
    error_type="",
    error_code="",
    error_message="",
    tokens=15,
    cost=None,
    confidence=250_000,
    retry=1,
    question="Why?",
    answer="So.",
    tools=(ToolRow("run", True, SECOND, 2 * SECOND), ToolRow("new", None, SECOND, 0)),
)


def test_a_row_is_an_entry_with_its_confidence_as_a_share() -> None:
    entry = entry_of(ROW)
    assert (entry.confidence, entry.micros, entry.session, entry.retry) == (0.25, 2 * SECOND, "", True)
    assert [(tool.name, tool.micros) for tool in entry.tools] == [("run", SECOND), ("new", None)]


async def test_topics_are_weighed_against_the_whole_store() -> None:
    store = await open_store("sqlite://:memory:")
    for number in range(1, 9):
        text = f"whale song {number}" if number > 6 else f"something about ships {number}"
        await store.write([opened(number, (link("user", text),)), closed(number)])
    await store.index(100)
    seen = await Reflector(store, 0.5, shipped_stop_words()).reflect(None, Span(limit=2))
    assert [(topic.phrase, topic.entries) for topic in seen.topics] == [("whale song", 2)]
    await store.close()


async def test_as_long_as_nothing_else_ended_the_same_is_seen_again() -> None:
    store = await open_store("sqlite://:memory:")
    reflector = Reflector(store, 0.5, shipped_stop_words())
    await store.write([opened(1, (link("user", "one"),)), closed(1)])
    first = await reflector.reflect(None, Span())
    assert await reflector.reflect(None, Span()) is first
    await store.write([opened(2, (link("user", "two"),)), closed(2)])
    assert await reflector.reflect(None, Span()) is not first
    for limit in range(1, KNOWN + 5):
        await reflector.reflect(str(limit).encode(), Span(limit))
    assert len(reflector.known) <= KNOWN
    await store.close()


async def test_how_many_texts_hold_a_phrase_is_counted_anew_only_once_the_store_has_grown() -> None:
    store = await open_store("sqlite://:memory:")
    reflector = Reflector(store, 0.5, shipped_stop_words())
    await store.write([opened(1, (link("user", "whale song"),)), closed(1)])
    await store.write([opened(2, (link("user", "whale song again"),)), closed(2)])
    await store.index(100)
    await reflector.reflect(None, Span())
    assert reflector.counted[None, "whale song"] == Held(2, 2)
    reflector.counted[None, "whale song"] = Held(7, 2)
    await reflector.reflect(None, Span(2, 1))
    assert reflector.counted[None, "whale song"] == Held(7, 2)
    await store.write([opened(3, (link("user", "whale song, please"),)), closed(3)])
    await store.index(100)
    await reflector.reflect(None, Span())
    assert reflector.counted[None, "whale song"] == Held(3, 3)
    await store.close()


async def test_only_so_many_counts_are_remembered() -> None:
    store = await open_store("sqlite://:memory:")
    reflector = Reflector(store, 0.5, shipped_stop_words())
    reflector.counted.update({(None, str(number)): Held(1, 1) for number in range(COUNTED)})
    await store.write([opened(1, (link("user", "whale song"),)), closed(1)])
    await reflector.reflect(None, Span())
    assert len(reflector.counted) < COUNTED
    await store.close()
