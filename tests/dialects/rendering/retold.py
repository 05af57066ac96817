"""An answer, written anew and read again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from proxy.dialects import DIALECTS
from proxy.dialects.rendering import RENDERERS, Told
from proxy.messages import Reply, Usage
from proxy.sse import EventStream

USED = Usage(prompt=9, completion=4, cached=3, reasoning=2)


def told(*answers: Any, finish_reason: str = "", usage: Usage = USED) -> Told:
    """What was answered; what is no text is written as JSON."""
    bodies = (answer if isinstance(answer, str) else json.dumps(answer) for answer in answers)
    return Told("id-1", "m", 1, tuple(body.encode() for body in bodies), finish_reason, usage)


def whole(dialect: str, told: Told) -> Reply:
    """The reply in one piece, read."""
    return DIALECTS[dialect].read_reply(RENDERERS[dialect].plain(told), 200)


def assembled(dialect: str, told: Told, *, usage: bool = True) -> Reply:
    """The stream, put together."""
    assembler = DIALECTS[dialect].assembler()
    for data in payloads(dialect, told, usage=usage):
        assembler.feed(data)
    return assembler.reply()


def payloads(dialect: str, told: Told, *, usage: bool = True) -> Sequence[bytes]:
    """The stream's events."""
    frames = RENDERERS[dialect].stream(told, usage=usage)
    return [event.data for event in EventStream().feed(b"".join(frames))]


def both(dialect: str, told: Told) -> tuple[Reply, Reply]:
    """The same reply in either way."""
    return whole(dialect, told), assembled(dialect, told)
