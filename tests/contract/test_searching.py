"""Every part of a text finds it, in any script, and the query is plain text."""

from __future__ import annotations

from typing import Any

import pytest

from storage.inquiries import Inquiry
from storage.ports import BadCursor, Store
from storage.records import Posted
from tests.storage.samples import SECOND, called, closed, link, opened, uid


async def said(store: Store, *texts: str, role: str = "user") -> None:
    """One message each, in a session of its own."""
    start = len(await store.exchanges()) + 1
    await store.write([opened(start + at, (link(role, text),)) for at, text in enumerate(texts)])


async def texts(store: Store, query: str, **asked: Any) -> list[str]:
    return [hit.text for hit in (await store.search(Inquiry(query, **asked))).hits]


async def found(store: Store, query: str, **asked: Any) -> list[str]:
    """What a search finds, the same before and after the index got there."""
    before = await texts(store, query, **asked)
    while await store.index(1):
        pass
    assert await texts(store, query, **asked) == before
    return before


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("whales", "What do WHALES sing?"),
        ("hal", "What do WHALES sing?"),
        ("sing what", "What do WHALES sing?"),
        ('"do whales"', "What do WHALES sing?"),
        ("foo-bar", "a foo-bar baz"),
        ("a", "a foo-bar baz"),
        ("o-", "a foo-bar baz"),
        ("你好世界", "他说你好世界吧"),
        ("你好世", "他说你好世界吧"),
        ("好世", "他说你好世界吧"),
        ("好", "他说你好世界吧"),
        ("東京タワー", "東京タワーへ行く"),
        ("タワー", "東京タワーへ行く"),
        ("タワ", "東京タワーへ行く"),
        ("ワ", "東京タワーへ行く"),
        ("ガイド", "旅のガイドです"),
        ("привет", "Эй ПРИВЕТ, мир"),
        ("РИВЕ", "Эй Привет, мир"),
        ("ми", "Эй Привет, мир"),
        ("cafe", "un CAFÉ crème"),
        ("afé", "un cafe\u0301 creme"),
        ("AFE", "un café"),
        ("É", "un cafe"),
        ("strasse", "Die Straße"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("한국", "대한국어"),
        ('AND OR NOT NEAR(a b) col:x "', 'AND OR NOT NEAR(a b) col:x "y" * ^z'),
        ("* ^z", "NEAR * ^z"),
        ("{x}:", "a {x}: b"),
        ("'; DROP TABLE messages; --", "say '; drop table messages; -- now"),
        ("🙂 ok", "all ok 🙂 here"),
        ("🙂", "all ok 🙂 here"),
        ('"hello 你"', "hello 你好"),
        ('"你好 hel"', "他说你好 hello"),
        ('"ok 🙂 h"', "all ok 🙂 here"),
        ('"do whales si"', "What do WHALES sing?"),
        ('"at d"', "What do WHALES sing?"),
        ("=>", "a => b"),
        ("snake_case", "my_snake_cases"),
        ("ร้าน", "ไปร้านกาแฟ"),
        ("नमस", "नमस्ते दुनिया"),
        ("x" * 100 + "-end", "x" * 1000 + "-ending"),
        ("-" + "y" * 100, "start-" + "y" * 1000),
        ("z" * 100 + "a", "z" * 777 + "a" + "z" * 777),
        ("x" * 300, "x" * 400),
    ],
)
async def test_a_part_of_a_text_finds_it(store: Store, query: str, text: str) -> None:
    await said(store, "~", text)
    assert await found(store, query) == [text]


@pytest.mark.parametrize("query", ["", "  ", '""', '" "', "whales walruses", "カイド", "qqq", "🙂"])
async def test_what_is_not_there_is_not_found(store: Store, query: str) -> None:
    await said(store, "What do whales sing?", "旅のガイドです")
    assert await found(store, query) == []


async def test_the_newest_are_found_first_and_no_more_than_asked_for(store: Store) -> None:
    await said(store, "whale one", "whale two", "whale three")
    assert await found(store, "whale") == ["whale three", "whale two", "whale one"]
    await said(store, "whale four")
    assert await texts(store, "whale", limit=2) == ["whale four", "whale three"]
    assert await texts(store, "whale", limit=0) == []


async def test_a_role_narrows_a_search(store: Store) -> None:
    await said(store, "whale asks")
    await said(store, "whale answers", role="assistant")
    assert await found(store, "whale", role="assistant") == ["whale answers"]
    assert await found(store, "as", role="user") == ["whale asks"]
    assert await found(store, "whale", role="nobody") == []


async def test_a_message_in_many_sessions_is_one_hit(store: Store) -> None:
    await store.write([opened(at, (link("user", "whale"),)) for at in (1, 2, 3)])
    for _ in range(2):
        (hit,) = (await store.search(Inquiry("whale"))).hits
        assert (hit.sessions, hit.session, hit.at) == (3, uid(3), SECOND)
        assert (await store.search(Inquiry("whale", session=uid(2)))).hits[0].session == uid(2)
        await store.index(10)


async def test_part_of_many_words_is_found(store: Store) -> None:
    await said(store, *(f"pre{number:03}fix" for number in range(300)), "other")
    assert len(await found(store, "fix", limit=400)) == 300
    assert len(await found(store, '"re007fix"')) == 1
    assert await found(store, '"fix and" other') == []
    assert len(await found(store, "re", limit=400)) == 300


async def test_tool_calls_their_results_and_errors_are_found_by_type(store: Store) -> None:
    question = link("user", "whale weather?")
    await store.write([opened(1, (question,)), called(1, question.digest)])
    result = link("tool", "whale rain", question.digest, call_id="call_1")
    await store.write([opened(2, (result,), session=1)])
    await store.write([closed(2, ending="upstream_error", error_type="overloaded", error_message="Whale is busy")])
    assert await found(store, "whale") == ["overloaded Whale is busy", "whale rain", "whale weather?"]
    assert await found(store, "whale", type="tool_result") == ["whale rain"]
    assert await found(store, "whale", type="error", session=uid(1)) == ["overloaded Whale is busy"]
    assert await found(store, "call", type="tool_call") == ["calls call_1"]
    (hit,) = (await store.search(Inquiry("busy"))).hits
    assert (hit.type, hit.message, hit.session, hit.exchange, hit.sessions) == ("error", 0, uid(1), uid(2), 1)


async def test_filters_narrow_a_search(store: Store) -> None:
    other = b"other".ljust(16, b".")
    await said(store, "whale one", "whale two")
    theirs = link("user", "whale theirs", owner_digest := other)
    assert owner_digest
    await store.write([opened(7, (theirs,), owner=other, model="other-model")])
    assert await found(store, "whale", owner=other) == ["whale theirs"]
    assert await found(store, "whale", model="other-model") == ["whale theirs"]
    assert await found(store, "whale", session=uid(1)) == ["whale one"]
    assert await found(store, "whale", since=2 * SECOND, until=7 * SECOND) == ["whale two"]
    assert await found(store, "whale", until=SECOND) == []
    assert await found(store, "whale", since=8 * SECOND) == []
    assert await found(store, "whale", owner=b"nobody") == []
    assert await found(store, "whale", session=uid(99)) == []


@pytest.mark.parametrize("order", ["newest", "rank"])
@pytest.mark.parametrize("indexed", [0, 3, 100])
async def test_pages_hold_every_hit_once_while_rows_arrive(store: Store, order: str, indexed: int) -> None:
    await said(store, *(f"whale {number} " + "whale " * number for number in range(7)))
    await store.index(indexed)
    expected = await texts(store, "whale", order=order)
    pages: list[str] = []
    cursor = ""
    for _ in range(4):
        page = await store.search(Inquiry("whale", order=order, limit=2, cursor=cursor))
        pages += [hit.text for hit in page.hits]
        cursor = page.cursor
        await said(store, "whale of another day" + "!" * len(pages))
        await store.index(2)
    assert [text for text in pages if "another" not in text] == expected
    assert order == "rank" or cursor == ""


async def test_pages_go_on_where_an_error_stood(store: Store) -> None:
    await said(store, "whale one", "whale two")
    failed: dict[str, Any] = {"ending": "upstream_error", "error_message": "whale"}
    await store.write([closed(1, **failed), closed(2, **failed)])
    pages = []
    cursor = ""
    for _ in range(4):
        page = await store.search(Inquiry("whale", limit=1, cursor=cursor))
        pages += [(hit.text, hit.exchange) for hit in page.hits]
        cursor = page.cursor
        await store.index(1)
    assert pages == [("whale", uid(2)), ("whale", uid(1)), ("whale two", uid(2)), ("whale one", uid(1))]


async def test_the_best_are_found_first_when_ranked(store: Store) -> None:
    await said(
        store, "whale whale whale", "a whale", "whalebone", "many other words that say nothing of a whale, or so"
    )
    best = ["whale whale whale", "a whale", "many other words that say nothing of a whale, or so", "whalebone"]
    await said(store, *best)
    assert sorted(await found(store, "whale", order="rank")) == sorted(best)
    assert (await texts(store, "whale", order="rank"))[0] == best[0]
    assert (await texts(store, "whale", order="rank")).index("a whale") == 1
    scores = [hit.score or 0 for hit in (await store.search(Inquiry("whale", order="rank"))).hits]
    assert scores == sorted(scores, reverse=True)
    assert await texts(store, "walrus", order="rank") == []
    assert len(await texts(store, "a", order="rank")) == 4


@pytest.mark.parametrize("cursor", ["x", "???", "kgE", "é", "gaFu"])
async def test_a_cursor_of_nobody_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(BadCursor):
        await store.search(Inquiry("whale", cursor=cursor))


async def test_a_cursor_of_another_query_is_refused_when_ranked(store: Store) -> None:
    await said(store, "whale one", "whale two")
    page = await store.search(Inquiry("whale", order="rank", limit=1))
    with pytest.raises(BadCursor):
        await store.search(Inquiry("whale one", order="rank", cursor=page.cursor))


async def test_words_are_counted_by_the_texts_that_hold_them(store: Store) -> None:
    await said(store, "whale one", "whale two", "other one")
    await store.index(10)
    assert await store.word_counts(["Whale", "one", "whale one", "hal", ""]) == (3, [2, 2, 1, 0, 0])
    owner = b"owner".ljust(16, b".")
    assert await store.word_counts(["whale"], owner) == (3, [2])
    assert await store.word_counts(["whale"], b"nobody") == (0, [0])


def posted(number: int, kind: str, text: str, **fields: Any) -> Posted:
    return Posted(uid(number), uid(1), number * SECOND, kind, "assistant", text, **fields)


async def test_what_was_posted_is_found_by_all_that_it_says(store: Store) -> None:
    tool = {"name": "sonar", "arguments": '{"depth": "abyss"}', "result": "whale"}
    await store.write([opened(1, (link("user", "Hello"),)), posted(60, "tool_call", "sonar", **tool)])
    await store.write([posted(61, "decision", "Go south", rationale="the whales went there")])
    await store.write([posted(62, "error", "No whale", name="lost", arguments='{"since": "noon"}')])
    assert await found(store, "whale", type="decision") == ["Go south\nthe whales went there"]
    assert await found(store, "whale", type="error") == ['lost\nNo whale\n{"since": "noon"}']
    assert await found(store, "abyss") == ['sonar\n{"depth": "abyss"}\nwhale']
    assert len(await found(store, "whale", session=uid(1))) == 3
    assert await found(store, "whale", session=uid(2)) == []


async def test_what_was_posted_stands_in_its_session(store: Store) -> None:
    await store.write([opened(1, (link("user", "Hello"),)), posted(60, "decision", "whale")])
    for _ in range(2):
        (hit,) = (await store.search(Inquiry("whale"))).hits
        assert (hit.session, hit.sessions, hit.exchange, hit.message, hit.role) == (uid(1), 1, b"", 0, "assistant")
        await store.index(10)


async def test_what_was_asked_and_said_aside_is_found(store: Store) -> None:
    aside = opened(1, session=0, parsed=True, dialect="completions", asked="Once upon a time")
    vectors = opened(2, parsed=True, dialect="embeddings", asked="Once upon a vector")
    await store.write([aside, closed(1, said=("a whale lived", 'a "shark" lived')), vectors, closed(2)])
    assert await found(store, "once") == ["Once upon a time"]
    assert await found(store, "lived", role="assistant") == ['a whale lived\na "shark" lived']
    assert await found(store, "lived", role="user") == []
    (hit,) = (await store.search(Inquiry("once"))).hits
    assert (hit.exchange, hit.type, hit.session) == (uid(1), "message", uid(1))


async def test_pages_go_on_among_texts_of_all_kinds(store: Store) -> None:
    await store.write([opened(1, (link("user", "whale one"),)), closed(1, error_message="whale two")])
    await store.write([posted(60, "decision", "whale three"), posted(61, "decision", "whale four")])
    whole = await texts(store, "whale")
    cursor, pages = "", []
    for at in range(4):
        page = await store.search(Inquiry("whale", limit=1, cursor=cursor))
        pages += [hit.text for hit in page.hits]
        cursor = page.cursor
        if at == 1:
            while await store.index(1):
                pass
    assert (pages, cursor) == (whole, "")
