"""How long everything is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Rounds and their length; numbers of requests."""

    rounds: int = 5
    seconds: float = 4.0
    conversations: int = 20
    repeats: int = 20
    steady: tuple[int, ...] = (10_000, 20_000, 30_000, 40_000, 50_000)
    turns: tuple[int, ...] = (100, 200)
    streams: int = 40
    messages: int = 1_000_000


FULL = Plan()
QUICK = Plan(
    rounds=2, seconds=1.0, conversations=5, repeats=10, steady=(2_000, 4_000, 6_000), streams=10, messages=50_000
)
