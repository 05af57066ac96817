"""A program that tracks its own conversation, by itself and beside others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import proxy
from proxy import InvalidSessionOperation, SessionManager, SessionNotFound, StorageError
from storage.opening import open_store
from storage.records import SegmentRow, SessionRow
from tests.desks import desk


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/steno.db"


def said(turns: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(turn["role"], turn["content"]) for turn in turns]


async def test_what_was_tracked_is_read_back(url: str) -> None:
    manager = SessionManager(store=url)
    one = await manager.user_says("What do whales sing?")
    two = await manager.ai_responds("Long songs.", model="gpt-4o", provider="openai")
    assert one == two == manager.session_id
    turns = await manager.get_conversation()
    assert said(turns) == [("user", "What do whales sing?"), ("assistant", "Long songs.")]
    assert str(turns[0]["timestamp"]).endswith("Z")
    assert await manager.get_session_chain() == [manager.session_id]


async def test_the_figures_are_those_of_the_store(url: str) -> None:
    async with SessionManager(store=url) as manager:
        await manager.user_says("What do whales sing?")
        await manager.ai_responds("Long songs.", model="gpt-4o", provider="openai")
        await manager.tool_used("listen", {"to": "whales"}, {"song": "long"})
        await manager.user_says("Why?")
        stats = await manager.get_stats()
    counted = {name: stats[name] for name in ("total_events", "user_messages", "ai_messages", "tool_calls", "errors")}
    assert counted == {"total_events": 4, "user_messages": 2, "ai_messages": 1, "tool_calls": 1, "errors": 0}
    assert stats["total_tokens"] == stats["prompt_tokens"] + stats["completion_tokens"]  # type: ignore[operator]
    assert float(str(stats["estimated_cost"])) > 0
    assert stats["session_chain"] == [manager.session_id]
    assert stats["infinite_context"] is False


async def test_another_program_goes_on_with_it(url: str) -> None:
    first = SessionManager(store=url)
    await first.user_says("One?")
    second = SessionManager(first.session_id, store=url)
    await second.ai_responds("One!")
    await first.user_says("Two?")
    assert said(await second.get_conversation()) == [("user", "One?"), ("assistant", "One!"), ("user", "Two?")]


async def test_the_same_words_again_are_another_message(url: str) -> None:
    manager = SessionManager(store=url)
    for _ in range(3):
        await manager.user_says("Yes")
    assert len(await manager.get_conversation()) == 3


async def test_equal_beginnings_are_two_sessions(url: str) -> None:
    one, two = SessionManager(store=url), SessionManager(store=url)
    await one.user_says("Hello")
    await two.user_says("Hello")
    assert one.session_id != two.session_id
    assert len(await two.get_conversation()) == 1


async def test_the_model_may_speak_first(url: str) -> None:
    manager = SessionManager(store=url)
    await manager.ai_responds("How may I help?")
    await manager.user_says("Not at all.")
    assert said(await manager.get_conversation())[0] == ("assistant", "How may I help?")


async def test_a_tool_that_failed_is_kept_as_failed(url: str, tmp_path: Path) -> None:
    manager = SessionManager(store=url)
    await manager.user_says("Weather?")
    await manager.tool_used("weather", {"place": "Lisbon"}, None, error="it rains")
    await manager.tool_used("weather", {"place": {"Porto"}}, "24 °C")
    await manager.ai_responds("24 °C", model="gpt-4o")
    store = await open_store(url, readonly=True)
    (row,) = await store.sessions()
    calls = await store.calls(row.id)
    await store.close()
    assert [(call.name, call.arguments, call.ok) for call in calls] == [
        ("weather", '{"place":"Lisbon"}', False),
        ("weather", '{"place":["Porto"]}', True),
    ]
    assert said(await manager.get_conversation()) == [("user", "Weather?"), ("assistant", "24 °C")]


async def test_metadata_stands_in_the_request(url: str) -> None:
    manager = SessionManager(store=url)
    await manager.user_says("Hello", mood="calm")
    store = await open_store(url, readonly=True)
    (row,) = await store.exchanges()
    sent = await store.sent(row.id)
    await store.close()
    assert sent == b'{"model":"","messages":[{"role":"user","content":"Hello"}],"metadata":{"mood":"calm"}}'


async def test_a_session_has_its_title_and_model_as_any_other(url: str) -> None:
    manager = SessionManager(store=url)
    await manager.user_says("What do whales sing?")
    await manager.ai_responds("Long songs.", model="gpt-4o")
    store = await open_store(url, readonly=True)
    (row,) = await store.sessions()
    await store.close()
    assert (row.title, row.model, row.name, row.messages) == ("What do whales sing?", "gpt-4o", None, 2)


async def test_what_the_answer_took_is_counted_on(url: str) -> None:
    first = SessionManager(store=url)
    await first.user_says("What do whales sing, and why?")
    second = SessionManager(first.session_id, store=url)
    await second.ai_responds("Long songs.", model="gpt-4o")
    assert int(str((await second.get_stats())["prompt_tokens"])) >= 8


async def test_a_session_that_is_not_there_is_told(url: str) -> None:
    manager = SessionManager("nobody", store=url)
    assert manager.session_id == "nobody"
    with pytest.raises(SessionNotFound, match="nobody"):
        await manager.user_says("Hello")


async def test_a_session_that_was_erased_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        manager = SessionManager(store=f"sqlite:///{tmp_path}/steno.db")
        await manager.user_says("Hello")
        (row,) = await at.store.port.sessions()
        await at.store.erasures.erase(row.id)
        with pytest.raises(SessionNotFound):
            await manager.ai_responds("Hi!")
        assert await at.said() == []


async def test_nothing_has_no_figures_and_no_turns(url: str) -> None:
    manager = SessionManager(infinite_context=True, store=url)
    assert manager.is_infinite
    assert await manager.get_conversation() == []
    with pytest.raises(SessionNotFound, match="Nothing was tracked"):
        await manager.get_stats()


async def test_what_is_no_text_is_refused(url: str) -> None:
    with pytest.raises(InvalidSessionOperation, match="bytes"):
        await SessionManager(store=url).user_says(b"Hello")  # type: ignore[arg-type]


async def test_a_store_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "steno.db").write_bytes(b"no database " * 1000)
    with pytest.raises(StorageError, match="no SQLite database"):
        await SessionManager(store=f"sqlite:///{tmp_path}/steno.db").user_says("Hello")


def test_the_package_loads_nothing_by_itself() -> None:
    heavy = "('proxy.', 'storage', 'pydantic')"
    code = f"import sys, proxy; print(*[name for name in sys.modules if name.startswith({heavy})])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


def test_what_the_package_lacks_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = proxy.nothing


async def talk(manager: SessionManager, turns: int, start: int = 0) -> None:
    for turn in range(start, start + turns):
        names = " ".join(f"place{turn}x{word}" for word in range(12))
        await manager.user_says(f"On day {turn} I went to {names}.")
        await manager.ai_responds(f"Day {turn} is noted.", model="gpt-4o")


def infinite(url: str, session_id: str | None = None) -> SessionManager:
    return SessionManager(session_id, infinite_context=True, token_threshold=600, store=url)


async def test_an_infinite_session_closes_segments_with_summaries(url: str) -> None:
    async with infinite(url) as manager:
        await talk(manager, 30)
        *closed, opened = await manager.get_session_chain()
        stats = await manager.get_stats()
        _, segments = await stored(url)
    assert opened == manager.session_id
    assert closed == stats["session_chain"][:-1]  # type: ignore[index]
    assert set(closed) <= {one.hash.hex() for one in segments}
    assert all("is noted" in one.text for one in segments)
    assert (stats["session_segments"], stats["infinite_context"]) == (len(closed) + 1, True)


async def test_an_infinite_session_is_whole_or_its_open_part_behind_the_summaries(url: str) -> None:
    async with infinite(url) as manager:
        await talk(manager, 30)
        whole, recent = await manager.get_conversation(), await manager.get_conversation(include_all_segments=False)
    assert len(whole) == 60
    assert recent[0]["role"] == "system"
    assert "<conversation_record>" in str(recent[0]["content"])
    assert recent[1:] == whole[-len(recent[1:]) :]
    assert 1 < len(recent) < 40


async def test_another_program_goes_on_with_the_same_segments(url: str) -> None:
    async with infinite(url) as first:
        await talk(first, 20)
        _, before = await stored(url)
        async with infinite(url, first.session_id) as second:
            await talk(second, 10, start=20)
        await talk(first, 10, start=30)
    async with infinite(url) as whole:
        await talk(whole, 40)
        chain = await whole.get_session_chain()
    _, after = await stored(url, first.session_id)
    assert [one.hash for one in after[: len(before)]] == [one.hash for one in before]
    assert len(await SessionManager(first.session_id, store=url).get_session_chain()) == len(chain)


async def test_a_session_that_is_not_infinite_has_one_segment(url: str) -> None:
    async with SessionManager(token_threshold=600, store=url) as manager:
        await talk(manager, 30)
        assert await manager.get_session_chain() == [manager.session_id]
        assert len(await manager.get_conversation(include_all_segments=False)) == 60


async def stored(url: str, session: str | None = None) -> tuple[SessionRow, Sequence[SegmentRow]]:
    """A session, or the latest, and its segments."""
    store = await open_store(url, readonly=True)
    row = await store.session(session) if session else (await store.sessions())[0]
    assert row is not None
    segments = await store.segments(row.id)
    await store.close()
    return row, segments
