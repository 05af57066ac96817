"""Recorded legacy completions, written anew. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proxy.dialects.jsontext import dump
from proxy.dialects.rendering.choices import chunks, whole
from proxy.dialects.rendering.told import Told, words

KIND = "text_completion"


class CompletionsRenderer:
    """``Renderer`` of legacy completions, whose answers are texts."""

    def plain(self, told: Told) -> bytes:
        """A completion."""
        texts = enumerate(body.decode() for body in told.answers)
        return whole(told, KIND, (dump(_choice(at, text, _reason(told, at))) for at, text in texts))

    def stream(self, told: Told, *, usage: bool) -> list[bytes]:
        """Chunks: words, reason, usage."""
        return chunks(told, KIND, _choices(told), usage=usage)


def _choices(told: Told) -> Iterator[dict[str, Any]]:
    for at, body in enumerate(told.answers):
        yield from (_choice(at, word, None) for word in words(body.decode()))
        yield _choice(at, "", _reason(told, at))


def _choice(at: int, text: str, reason: str | None) -> dict[str, Any]:
    return {"index": at, "text": text, "logprobs": None, "finish_reason": reason}


def _reason(told: Told, at: int) -> str:
    """The reason that was recorded, which is the first answer's."""
    return told.finish_reason if at == 0 and told.finish_reason else "stop"
