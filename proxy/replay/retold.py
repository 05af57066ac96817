"""A recorded answer, written anew in the format of its exchange. Pure."""

from __future__ import annotations

from proxy.dialects.rendering import RENDERERS, Told
from proxy.messages import Usage
from storage.upkeep import Take


def retold(take: Take, *, stream: bool, usage: bool = False) -> list[bytes]:
    """The frames of a stream, or the one piece of a plain reply; none where nothing is on record that it could say."""
    renderer, told = RENDERERS.get(take.dialect), _told(take)
    if renderer is None or not told.answers:
        return []
    return renderer.stream(told, usage=usage) if stream else [renderer.plain(told)]


def _told(take: Take) -> Told:
    return Told(
        id=take.reply_id or f"replay-{take.exchange.hex()}",
        model=take.answered_by or take.model,
        at=take.at // 1_000_000,
        answers=take.answers or tuple(text.encode() for text in take.said),
        finish_reason=take.finish_reason,
        usage=Usage(
            prompt=take.prompt_tokens,
            completion=take.completion_tokens,
            cached=take.cached_tokens,
            reasoning=take.reasoning_tokens,
            cache_written=take.cache_written_tokens,
        ),
    )
