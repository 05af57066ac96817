"""Whole turns in one call."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from proxy.sessions.tracking import UNKNOWN, SessionManager


async def track_conversation(
    user_message: str,
    ai_response: str,
    model: str = UNKNOWN,
    provider: str = UNKNOWN,
    infinite_context: bool = False,
    token_threshold: int = 4000,
    *,
    session_id: str | None = None,
    store: str | None = None,
) -> str:
    """Track a question with its answer; the session's id. With ``session_id`` they go on with that one."""
    manager = SessionManager(session_id, infinite_context, token_threshold, store=store)
    async with manager:
        await manager.user_says(user_message)
        return await manager.ai_responds(ai_response, model=model, provider=provider)


async def track_infinite_conversation(
    user_message: str,
    ai_response: str,
    model: str = UNKNOWN,
    provider: str = UNKNOWN,
    token_threshold: int = 4000,
    *,
    session_id: str | None = None,
    store: str | None = None,
) -> str:
    """Track a question with its answer in a session that may grow without end; the session's id."""
    manager = SessionManager(session_id, True, token_threshold, store=store)
    async with manager:
        await manager.user_says(user_message)
        return await manager.ai_responds(ai_response, model=model, provider=provider)


async def track_llm_call(
    user_input: str,
    llm_function: Callable[[str], Any],
    model: str = UNKNOWN,
    provider: str = UNKNOWN,
    session_manager: SessionManager | None = None,
    infinite_context: bool = False,
    token_threshold: int = 4000,
    *,
    session_id: str | None = None,
    store: str | None = None,
) -> tuple[str, str]:
    """Track a question, ask a function for the answer, track that; the answer's text and the session's id.

    The function may be asynchronous. Its answer is a chat completion, something with a ``content``, or a text.
    """
    manager = session_manager or SessionManager(session_id, infinite_context, token_threshold, store=store)
    await manager.user_says(user_input)
    answer = llm_function(user_input)
    text = text_of(await answer if inspect.isawaitable(answer) else answer)
    return text, await manager.ai_responds(text, model=model, provider=provider)


async def quick_conversation(
    user_message: str,
    ai_response: str,
    infinite_context: bool = False,
    *,
    session_id: str | None = None,
    store: str | None = None,
) -> dict[str, object]:
    """Track a question with its answer; the session's figures."""
    manager = SessionManager(session_id, infinite_context, store=store)
    async with manager:
        await manager.user_says(user_message)
        await manager.ai_responds(ai_response)
        return await manager.get_stats()


def text_of(answer: Any) -> str:
    """What an answer says, in whichever of the usual forms it is."""
    choices = answer.get("choices") if isinstance(answer, dict) else getattr(answer, "choices", None)
    if choices:
        message = choices[0]["message"] if isinstance(choices[0], dict) else choices[0].message
        answer = message
    content = answer.get("content") if isinstance(answer, dict) else getattr(answer, "content", None)
    return content if isinstance(content, str) else str(answer)
