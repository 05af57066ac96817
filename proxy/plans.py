"""A plan as a value: what of a request is forwarded, and which texts take the place of the rest.

Neutral of dialects: positions in the request's list, and texts. It can be stored beside its exchange.
"""

from __future__ import annotations

import msgspec


class Insert(msgspec.Struct, frozen=True):
    """Text in front of the own text of message ``at``."""

    at: int
    text: str


class Clip(msgspec.Struct, frozen=True):
    """A tool's result that is longer than the window: ``text`` stands in its place."""

    at: int
    text: str


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is forwarded: the messages of ``spans`` verbatim, before the last ``tail`` of them the ``head`` as a user's.

    ``bridge`` is an assistant's message after the head, where a user's follows; ``asked`` a user's at the end, for what
    the system says there. ``closing`` names the closed history and its segments. ``sent`` and ``forwarded`` are tokens,
    without leading system text. A plan that ``exceeds`` could not be brought below the threshold: one turn alone is
    longer.
    """

    spans: tuple[tuple[int, int], ...]
    head: str = ""
    bridge: str = ""
    inserts: tuple[Insert, ...] = ()
    clips: tuple[Clip, ...] = ()
    closing: bytes = b""
    sent: int = 0
    forwarded: int = 0
    exceeds: bool = False
    tail: int = 1
    asked: str = ""

    @property
    def changes(self) -> bool:
        """Whether anything else is forwarded than what was sent."""
        return bool(self.closing or self.clips)
