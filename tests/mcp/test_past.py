"""What an agent is told of its own past, and of nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from proxy.errors import BadRequest, NotFound
from proxy.mcp.past import Answer, Past
from storage.opening import open_store
from storage.ports import Store
from tests.storage.samples import OWNER, called, link, opened, talk, uid

OTHER = b"other".ljust(16, b".")


@pytest.fixture
async def store() -> Any:
    store = await open_store("sqlite://:memory:")
    await store.write([*talk(1, turns=8)[0], *talk(100, owner=OTHER)[0]])
    said = link("user", "Weather?")
    await store.write([opened(50, (said,)), called(50, said.digest)])
    yield store
    await store.close()


def texts(answer: Answer) -> list[str]:
    found: Any = answer["messages"]
    return [message["text"] for message in found]


async def test_a_search_finds_the_newest_first(store: Store) -> None:
    found = await Past(store, OWNER).session_history("question", "user", 2)
    assert texts(found) == ["Question 7 for 1?", "Question 6 for 1?"]


async def test_a_search_stays_with_its_owner(store: Store) -> None:
    assert texts(await Past(store, OTHER).session_history("question", None, 100)) == [
        f"Question {turn} for 100?" for turn in (2, 1, 0)
    ]
    assert len(texts(await Past(store, None).session_history("question", None, 100))) == 11
    assert texts(await Past(store, OWNER).session_history("for 100", None, 1)) == []


async def test_without_a_query_the_latest_sessions_are_listed(store: Store) -> None:
    listed: Any = (await Past(store, OTHER).session_history("  ", None, 5))["sessions"]
    assert [row["title"] for row in listed] == ["Question 0 for 100?"]


async def test_a_role_that_is_none_is_told(store: Store) -> None:
    with pytest.raises(BadRequest, match="role is one of"):
        await Past(store, OWNER).session_history("x", "robot", 5)


async def test_a_summary_tells_how_it_began_and_ended(store: Store) -> None:
    summary = await Past(store, OWNER).session_summary(uid(1).hex())
    assert texts(summary)[0] == "Question 0 for 1?"
    assert texts(summary)[-1] == "Answer 7, and more of it"
    assert (summary["message_count"], summary["messages_left_out"]) == (16, 8)


async def test_a_summary_tells_which_tools_were_used(store: Store) -> None:
    summary = await Past(store, OWNER).session_summary(uid(50).hex())
    assert (summary["tools"], summary["failed_calls"]) == ({"weather": 1}, 0)


async def test_the_sessions_of_others_are_not_there(store: Store) -> None:
    for asked in (Past(store, OWNER).session_summary, Past(store, OWNER).expand):
        with pytest.raises(NotFound, match="There is no"):
            await asked(uid(100).hex())


async def test_a_session_expands_to_all_that_was_said(store: Store) -> None:
    assert len(texts(await Past(store, OWNER).expand(uid(1).hex()))) == 16


async def test_a_segment_expands_to_what_its_summary_stands_for(store: Store) -> None:
    async def segment(owner: bytes | None, name: str) -> Answer | None:
        return {"segment": name, "messages": []} if owner == OWNER else None

    assert await Past(store, OWNER, segment=segment).expand("s1") == {"segment": "s1", "messages": []}


async def test_a_reflection_is_of_the_owner(store: Store) -> None:
    async def reflect(owner: bytes | None, limit: int) -> Answer:
        return {"of": owner, "limit": limit}

    assert await Past(store, OWNER, reflect=reflect).self_reflect(3) == {"of": OWNER, "limit": 3}
    assert (await Past(store, OWNER).self_reflect(30))["sessions_with_errors"] == []


async def test_what_is_long_is_cut(store: Store, tmp_path: Path) -> None:
    await store.write([opened(60, (link("user", "long " * 1000),))])
    (text,) = texts(await Past(store, OWNER).session_history("long", None, 5))
    assert (len(text), text[-1]) == (600, "…")
