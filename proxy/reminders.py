"""Late system messages among those that stay: the strictest providers take none, so user's messages carry them.

Each goes in front of what the user's message right behind it says, else of the latest before it or the next; among the
leading system text only where there is none. It stays there, so that providers' caches go on hitting. What comes last,
after an answer, is what is asked for, and a user's message by itself. Pure values.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from proxy.fences import reminder
from proxy.messages import Role
from proxy.plans import Insert
from proxy.tracks import Heard, Track
from proxy.units import Count

Span = tuple[int, int]


class Carried(msgspec.Struct, frozen=True):
    """How a tail is forwarded: the ``spans`` that stay, texts in front of others, and system messages to the ``front``.

    ``asked`` is a user's message at the end, for what the system says after an answer. ``tokens`` are those that the
    marks around the texts take.
    """

    spans: tuple[Span, ...]
    inserts: tuple[Insert, ...] = ()
    front: tuple[Span, ...] = ()
    tokens: int = 0
    asked: str = ""


def carried(track: Track, count: Count) -> Carried:
    """The tail of a track without late system messages."""
    tail, cut = track.tail, track.cut
    late = [at for at, heard in enumerate(tail) if heard.message.role is Role.SYSTEM]
    if not late:
        return Carried(((cut, track.length),))
    asking = [at for at in late if at >= _answered(tail)]
    asked = "".join(reminder(tail[at].message.text) for at in asking)
    users = [at for at, heard in enumerate(tail) if heard.message.role is Role.USER]
    inserts = [
        Insert(cut + carrier, reminder(tail[at].message.text))
        for at in reversed(late)  # the one that is put there last stands first
        if at not in asking and (carrier := _carrier(at, late, users)) is not None and tail[at].message.text
    ]
    front = () if users else tuple((cut + at, cut + at + 1) for at in late if at not in asking)
    tokens = (len(inserts) + len(asking)) * count(reminder(""))
    return Carried(_spans(cut, len(tail), late), tuple(inserts), front, tokens, asked)


def _answered(tail: Sequence[Heard]) -> int:
    """Where what is said after an answer begins, if nothing but the system says it."""
    spoken = next(at for at in range(len(tail) - 1, -1, -1) if tail[at].message.role is not Role.SYSTEM)
    return spoken + 1 if tail[spoken].message.role is Role.ASSISTANT else len(tail)


def _carrier(at: int, late: Sequence[int], users: Sequence[int]) -> int | None:
    behind = at + 1
    while behind in late:
        behind += 1
    before = [user for user in users if user < at]
    if before and behind not in users:
        return before[-1]
    return next((user for user in users if user > at), None)


def _spans(cut: int, length: int, late: Sequence[int]) -> tuple[Span, ...]:
    """What lies between the late ones."""
    edges = [-1, *late, length]
    runs = [(cut + start + 1, cut + end) for start, end in pairwise(edges)]
    return tuple((start, end) for start, end in runs if end > start)
