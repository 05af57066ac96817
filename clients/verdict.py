"""Compares what clients saw of their conversations with what a store holds of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

Turn = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call; there is no result where it is None."""

    name: str
    result: str | None


@dataclass(frozen=True, slots=True)
class Expected:
    """A conversation as its client saw it; ``parent`` is the place of the one that it belongs below."""

    turns: tuple[Turn, ...]
    calls: tuple[Call, ...] = ()
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A recorded session: its branches from root to leaf, of which only what users and assistants said."""

    id: bytes
    parent: bytes
    branches: tuple[tuple[Turn, ...], ...]
    calls: tuple[Call, ...] = ()


def complaints(expected: Sequence[Expected], held: Sequence[Held], *, exact: bool) -> list[str]:
    """What is wrong: nothing, if each conversation is in a session of its own and reads back as it was.

    Clients that add words of their own (an agent's surroundings, a title asked for) aren't held to be ``exact``: there,
    a branch must have the turns in their order, the calls must have a result, and nothing is said of the rest.
    """
    wrong: list[str] = []
    places: list[Held | None] = []
    for number, one in enumerate(expected):
        there = [session for session in held if bool(session.parent) is (one.parent is not None)]
        holders = [session for session in there if any(_reads(branch, one.turns, exact) for branch in session.branches)]
        places.append(holders[0] if len(holders) == 1 else None)
        if len(holders) != 1:
            wrong.append(f"conversation {number} is in {len(holders)} sessions: {_shown(one, held)}")
    for number, (one, place) in enumerate(zip(expected, places, strict=True)):
        if place is not None:
            wrong += [f"conversation {number}: {said}" for said in _faults(one, place, places, exact=exact)]
    taken = [place.id for place in places if place is not None]
    if len(set(taken)) != len(taken):
        wrong.append("two conversations are in one session")
    strangers = [session for session in held if session.id not in taken]
    return wrong + [f"session {session.id.hex()} is no conversation: {session.branches}" for session in strangers]


def differences(first: Sequence[Expected], again: Sequence[Expected]) -> list[str]:
    """Where a second run leaves the first; nothing, if both are equal."""
    if len(first) != len(again):
        return [f"the second run held {len(again)} conversations, the first {len(first)}"]
    left = enumerate(map(_departure, first, again))
    return [f"conversation {number}: {said}" for number, said in left if said]


def _departure(one: Expected, other: Expected) -> str:
    both = zip_longest((*one.turns, *one.calls), (*other.turns, *other.calls))
    return next((f"the second run has {theirs}, the first {ours}" for ours, theirs in both if ours != theirs), "")


def _reads(branch: Sequence[Turn], turns: Sequence[Turn], exact: bool) -> bool:
    if exact:
        return tuple(branch) == tuple(turn for turn in turns if turn[1])
    rest = iter(branch)
    return all(any(role == said and text in more for said, more in rest) for role, text in turns)


def _faults(one: Expected, place: Held, places: Sequence[Held | None], *, exact: bool) -> list[str]:
    faults = []
    if exact and len(place.branches) != 1:
        faults.append(f"it has {len(place.branches)} branches")
    if exact and place.calls != one.calls:
        faults.append(f"its calls are {place.calls}, not {one.calls}")
    answered = {call.name for call in place.calls if call.result is not None}
    if not exact and {call.name for call in one.calls} - answered:
        faults.append(f"a call is missing, or has no result: {place.calls}")
    above = places[one.parent] if one.parent is not None else None
    if one.parent is not None and (above is None or place.parent != above.id):
        faults.append("it is not below its parent")
    return faults


def _shown(one: Expected, held: Sequence[Held]) -> str:
    """The beginnings of both, for whoever looks into it."""
    return f"wanted {one.turns}, held {[session.branches for session in held]}"
