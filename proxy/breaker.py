"""Whether a provider is worth a try: one circuit breaker for each. Pure, its clock is given.

Closed until ``THRESHOLD`` failures came in a row; then open for ``PAUSE_SECONDS``; then half open: one request tries,
and the others stay away until that is known, or for as long again. A success closes it from any state. A breaker only
advises: where there is no other provider, it isn't asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

THRESHOLD = 5
"""So many failures in a row open it."""
PAUSE_SECONDS = 30.0

State = Literal["closed", "open", "half_open"]


@dataclass(slots=True)
class Breaker:
    """One provider's. ``clock`` gives seconds that never go back."""

    clock: Callable[[], float]
    failures: int = 0
    """In a row, up to now."""
    _until: float = 0.0
    _trying: bool = False

    @property
    def state(self) -> State:
        """How it stands now."""
        if self.failures < THRESHOLD:
            return "closed"
        return "half_open" if self._trying or self.clock() >= self._until else "open"

    def admits(self) -> bool:
        """Whether to try; where it is half open, the one that asks first tries."""
        if self.failures < THRESHOLD:
            return True
        now = self.clock()
        if now < self._until:
            return False
        self._until, self._trying = now + PAUSE_SECONDS, True
        return True

    def failed(self) -> bool:
        """Note a failure; whether it is the one that opened it."""
        self.failures += 1
        self._trying = False
        if self.failures >= THRESHOLD:
            self._until = self.clock() + PAUSE_SECONDS
        return self.failures == THRESHOLD

    def succeeded(self) -> None:
        """Note a success."""
        self.failures = 0
        self._trying = False


class Breakers(dict[str, Breaker]):
    """Those of all providers, by name."""

    def __init__(self, names: Iterable[str], clock: Callable[[], float]) -> None:
        super().__init__((name, Breaker(clock)) for name in names)

    def told(self) -> dict[str, dict[str, str | int]]:
        """How each stands, for people and probes."""
        return {name: {"state": one.state, "failures": one.failures} for name, one in self.items()}
