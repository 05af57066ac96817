"""Every part of a text finds it, in any script, and the query is plain text."""

from __future__ import annotations

import pytest

from storage.ports import Store
from tests.storage.samples import SECOND, link, opened, uid


async def said(store: Store, *texts: str, role: str = "user") -> None:
    """One message each, in a session of its own."""
    start = len(await store.exchanges()) + 1
    await store.write([opened(start + at, (link(role, text),)) for at, text in enumerate(texts)])


async def found(store: Store, query: str, role: str | None = None, limit: int = 20) -> list[str]:
    """What a search finds, the same before and after the index got there."""
    before = [hit.text for hit in await store.search(query, role, limit)]
    while await store.index(1):
        pass
    assert [hit.text for hit in await store.search(query, role, limit)] == before
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
    assert [hit.text for hit in await store.search("whale", limit=2)] == ["whale four", "whale three"]
    assert await store.search("whale", limit=0) == []


async def test_a_role_narrows_a_search(store: Store) -> None:
    await said(store, "whale asks")
    await said(store, "whale answers", role="assistant")
    assert await found(store, "whale", "assistant") == ["whale answers"]
    assert await found(store, "as", "user") == ["whale asks"]
    assert await found(store, "whale", "nobody") == []


async def test_a_message_in_many_sessions_is_one_hit(store: Store) -> None:
    await store.write([opened(at, (link("user", "whale"),)) for at in (1, 2, 3)])
    (hit,) = await store.search("whale")
    assert (hit.sessions, hit.session, hit.at) == (3, uid(3), 3 * SECOND)
