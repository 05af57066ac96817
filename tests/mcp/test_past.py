"""What an agent is told of its own past, and of nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from proxy.errors import BadRequest, NotFound
from proxy.mcp.past import Answer, Past
from proxy.reflecting import Reflector
from proxy.reflection.words import StopWords
from storage.opening import open_store
from storage.ports import Store
from storage.records import ClosingRecord, Link, Opened, Planned, SegmentRecord
from tests.storage.samples import OWNER, called, closed, link, opened, talk, uid

OTHER = b"other".ljust(16, b".")


def past(store: Store, owner: bytes | None) -> Past:
    return Past(store, Reflector(store, 0.5, StopWords({})), owner)


def segment(name: bytes, asks: list[Link], start: int, end: int, level: int = 0) -> SegmentRecord:
    """One that ends right before a question, and begins right before another."""
    span = (start, end, level, 5)
    return SegmentRecord(
        name, asks[end // 2].parent, asks[start // 2].parent if start else b"", *span, f"{name!r}", "x"
    )


async def with_segments(store: Store) -> None:
    """The talk of session 1, of which two summaries stand for the first six messages, one for the next two."""
    asks = [one.links[-1] for one in talk(1, turns=8)[0] if isinstance(one, Opened)]
    made = (segment(b"one", asks, 0, 2), segment(b"all", asks, 0, 6, 1), segment(b"two", asks, 6, 8))
    planned = Planned(9, 4, b"plan", (), ClosingRecord(asks[4].parent, 300, b"closing", made))
    last = link("user", "And now?", asks[7].parent)
    await store.write([opened(70, (last,), 1), closed(70, planned=planned)])


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
    found = await past(store, OWNER).session_history("question", "user", 2)
    assert texts(found) == ["Question 7 for 1?", "Question 6 for 1?"]


async def test_a_search_stays_with_its_owner(store: Store) -> None:
    assert texts(await past(store, OTHER).session_history("question", None, 100)) == [
        f"Question {turn} for 100?" for turn in (2, 1, 0)
    ]
    assert len(texts(await past(store, None).session_history("question", None, 100))) == 11
    assert texts(await past(store, OWNER).session_history("for 100", None, 1)) == []


async def test_without_a_query_the_latest_sessions_are_listed(store: Store) -> None:
    listed: Any = (await past(store, OTHER).session_history("  ", None, 5))["sessions"]
    assert [row["title"] for row in listed] == ["Question 0 for 100?"]


async def test_a_role_that_is_none_is_told(store: Store) -> None:
    with pytest.raises(BadRequest, match="role is one of"):
        await past(store, OWNER).session_history("x", "robot", 5)


async def test_a_summary_tells_how_it_began_and_ended(store: Store) -> None:
    summary = await past(store, OWNER).session_summary(uid(1).hex())
    assert texts(summary)[0] == "Question 0 for 1?"
    assert texts(summary)[-1] == "Answer 7, and more of it"
    assert (summary["message_count"], summary["messages_left_out"]) == (16, 8)


async def test_a_summary_tells_which_tools_were_used(store: Store) -> None:
    summary = await past(store, OWNER).session_summary(uid(50).hex())
    assert (summary["tools"], summary["failed_calls"]) == ({"weather": 1}, 0)


async def test_the_sessions_of_others_are_not_there(store: Store) -> None:
    for asked in (past(store, OWNER).session_summary, past(store, OWNER).expand):
        with pytest.raises(NotFound, match="There is no"):
            await asked(uid(100).hex())


async def test_a_session_expands_to_all_that_was_said(store: Store) -> None:
    assert len(texts(await past(store, OWNER).expand(uid(1).hex()))) == 16


async def test_a_segment_expands_to_what_its_summary_stands_for(store: Store) -> None:
    await with_segments(store)
    found = await past(store, OWNER).expand(b"two".hex())
    assert texts(found) == ["Question 3 for 1?", "Answer 3, and more of it"]
    assert (found["session"], found["stands_for"]) == (str(UUID(bytes=uid(1))), "messages 7 to 8")
    assert len(texts(await past(store, None).expand(b"all".hex()))) == 6


async def test_a_segment_of_others_is_not_there(store: Store) -> None:
    await with_segments(store)
    with pytest.raises(NotFound, match="There is no segment"):
        await past(store, OTHER).expand(b"two".hex())


async def test_a_summary_tells_what_stands_for_its_older_parts(store: Store) -> None:
    await with_segments(store)
    told: Any = (await past(store, OWNER).session_summary(uid(1).hex()))["summaries"]
    assert [(one["segment"], one["stands_for"]) for one in told] == [
        (b"all".hex(), "messages 1 to 6"),
        (b"two".hex(), "messages 7 to 8"),
    ]


async def test_a_reflection_is_of_the_owner(store: Store) -> None:
    await store.write([opened(80, (link("user", "Fail!"),)), closed(80, status=500, error_code="broken")])
    mine: Any = await past(store, OWNER).self_reflect(1)
    assert (mine["entries"], [each["kind"] for each in mine["errors"]]) == (1, ["broken"])
    assert (await past(store, OTHER).self_reflect(30))["errors"] == []


async def test_what_is_long_is_cut(store: Store, tmp_path: Path) -> None:
    await store.write([opened(60, (link("user", "long " * 1000),))])
    (text,) = texts(await past(store, OWNER).session_history("long", None, 5))
    assert (len(text), text[-1]) == (600, "…")
