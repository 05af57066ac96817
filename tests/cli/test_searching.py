"""The search as a person asks it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from storage.opening import open_store
from tests.cli.commands import steno
from tests.cli.recordings import FORKED, called, forked, record


@pytest_asyncio.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """A store that another process has open, as a running proxy would."""
    url = await record(tmp_path, [*forked(), *called()])
    store = await open_store(url)
    yield url
    await store.close()


async def test_words_and_parts_of_words_are_found(url: str) -> None:
    ran = await steno("search", "whale", "--store", url)
    assert "What do whales sing?" in ran.out
    hits = (await steno("search", "WHALES sing", "--json", "--store", url)).json
    assert [(hit["session_id"], hit["role"], hit["highlights"]) for hit in hits] == [
        (FORKED, "user", [[8, 14], [15, 19]])
    ]


async def test_a_search_may_ask_for_a_role(url: str) -> None:
    assert (await steno("search", "whales", "--role", "assistant", "--json", "--store", url)).json == []
    assert "Nothing found for whales" in (await steno("search", "whales", "--role", "tool", "--store", url)).out
    assert (await steno("search", "whales", "--role", "nobody", "--store", url)).code == 2


async def test_a_query_in_the_index_language_is_plain_text(url: str) -> None:
    ran = await steno("search", 'NEAR("a" *) OR -', "--store", url)
    assert ran.code == 0, ran.err


async def test_filters_narrow_a_search(url: str) -> None:
    asked = ("search", "whales", "--json", "--store", url)
    for some in (["--session", "whales"], ["--model", "gpt-4o"], ["--since", "2026-06-22"], ["--type", "message"]):
        assert len((await steno(*asked, *some)).json) == 1, some
    for none in (["--model", "o1"], ["--until", "2026-06-22"], ["--type", "error"]):
        assert (await steno(*asked, *none)).json == [], none
    assert (await steno(*asked, "--session", "nothing")).err.startswith("steno: There is no session 'nothing' here.")


async def test_pages_go_on_at_their_cursor(url: str) -> None:
    asked = ("search", "long", "--store", url, "--limit", "1", "--order", "rank")
    first = (await steno(*asked)).out
    cursor = first.splitlines()[-1].removeprefix("More: --cursor ")
    second = await steno(*asked, "--cursor", cursor)
    assert "Long songs." in first + second.out
    assert "How long?" in first + second.out
    assert "More:" not in second.out
    assert (await steno(*asked, "--cursor", "gone")).err == ("steno: the cursor is none that an earlier answer gave\n")


async def test_an_error_is_found_by_its_message(url: str) -> None:
    out = (await steno("search", "slow down", "--store", url)).out
    assert "error" in out.splitlines()[0]
    assert "rate_limit Slow down." in out
