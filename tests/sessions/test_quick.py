"""Whole turns in one call."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from proxy import (
    SessionManager,
    quick_conversation,
    track_conversation,
    track_infinite_conversation,
    track_llm_call,
)
from proxy.sessions.quick import text_of


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/steno.db"


async def test_a_conversation_is_tracked_and_gone_on_with(url: str) -> None:
    session = await track_conversation("One?", "One!", model="gpt-4o", store=url)
    assert await track_infinite_conversation("Two?", "Two!", session_id=session, store=url) == session
    turns = await SessionManager(session, store=url).get_conversation()
    assert [turn["content"] for turn in turns] == ["One?", "One!", "Two?", "Two!"]


async def test_a_call_is_tracked_with_what_it_answers(url: str) -> None:
    text, session = await track_llm_call("One?", lambda asked: asked.upper(), store=url)
    assert text == "ONE?"

    async def answer(asked: str) -> dict[str, object]:
        return {"choices": [{"message": {"content": f"{asked} indeed"}}]}

    manager = SessionManager(session, store=url)
    assert await track_llm_call("Two?", answer, session_manager=manager) == ("Two? indeed", session)
    assert len(await manager.get_conversation()) == 4


async def test_a_quick_conversation_gives_its_figures(url: str) -> None:
    stats = await quick_conversation("One?", "One!", store=url)
    assert (stats["user_messages"], stats["ai_messages"], stats["session_segments"]) == (1, 1, 1)


@pytest.mark.parametrize(
    "answer",
    [
        "Yes.",
        {"content": "Yes."},
        SimpleNamespace(content="Yes."),
        {"choices": [{"message": {"content": "Yes."}}]},
        SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(content="Yes."))]),
    ],
)
def test_an_answer_is_read_in_any_usual_form(answer: object) -> None:
    assert text_of(answer) == "Yes."
