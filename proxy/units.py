"""Units: the smallest pieces of a conversation that a summary is made of, each an original sentence or ledger line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

Count = Callable[[str], int]


class Unit(NamedTuple):
    """One sentence: of which message it is (``at``), its ``place`` there, and its worth for each token it takes."""

    at: int
    place: int
    role: str
    text: str
    tokens: int
    worth: float
    words: frozenset[str]


REDUNDANT = 0.7
"""A unit with so much of it said already says nothing new."""


def pick(units: Iterable[Unit], room: int) -> tuple[Unit, ...]:
    """The worthiest units that fit into ``room`` tokens, without those that repeat others; in the order of the talk."""
    return tuple(sorted(ranked(units, room), key=_place))


def ranked(units: Iterable[Unit], room: int) -> tuple[Unit, ...]:
    """The same in the order of their worth."""
    chosen: list[Unit] = []
    said: set[str] = set()
    for unit in sorted(units, key=_worth):
        if unit.tokens > room or is_said(unit, said):
            continue
        chosen.append(unit)
        said |= unit.words
        room -= unit.tokens
    return tuple(chosen)


def is_said(unit: Unit, said: set[str]) -> bool:
    """Whether nearly all of its words stand in what was chosen before."""
    return bool(unit.words) and len(unit.words & said) > REDUNDANT * len(unit.words)


def lines(units: Iterable[Unit]) -> str:
    """The units as text: one line for each message, with who spoke."""
    text: list[str] = []
    last = -1
    for unit in units:
        text.append(
            f" {unit.text}" if unit.at == last else f"\n{unit.role}: {unit.text}" if unit.role else f"\n{unit.text}"
        )
        last = unit.at
    return "".join(text)[1:]


def shortened(text: str, room: int, count: Count) -> str:
    """The text, or its beginning and end."""
    tokens = count(text)
    if tokens <= room:
        return text
    half = len(text) * room // tokens // 2
    return f"{text[:half]}\n\u2026\n{text[len(text) - half :]}"


def _worth(unit: Unit) -> tuple[float, int, int]:
    return -unit.worth, -unit.at, unit.place


def _place(unit: Unit) -> tuple[int, int]:
    return unit.at, unit.place
