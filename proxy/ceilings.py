"""Above how many tokens a request is made shorter: as headers and settings say, or as the window of its model does.

Knows which windows models turned out to have. Below a threshold a request costs a comparison.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from proxy.asked import Asked
from proxy.dialects.jsontext import REFUSALS
from proxy.dialects.overlong import Overlong
from proxy.identity import NO_HINTS
from proxy.messages import Request, Role
from proxy.meter import Meter
from proxy.preferences import NO_PREFERENCE, Preference
from proxy.providers import Provider
from proxy.shares import Budget

SMALLEST = 2_048
"""No model has a smaller window: nobody looks for the windows of those who get less."""
SHARE = 0.75
"""Of a model's window, less the reply's room, this much is used; counts of tokens differ."""
STEPS = 16
"""A threshold that follows from a window is one of so many: it mustn't move with every request."""
MODELS = 1_024


GENERAL = Preference("auto", 32_000, 0)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say."""

    prefers: Preference = GENERAL
    turns: int = 0
    recall: bool = True
    by_model: bool = False
    """Whether a model writes summaries, which take the place of those that were made without."""


class Room(msgspec.Struct):
    """What a request leaves to its reply, by the names that the formats have for it."""

    max_completion_tokens: int | None = None
    max_output_tokens: int | None = None
    max_tokens: int | None = None

    @property
    def tokens(self) -> int:
        """The tokens; 0 where the request doesn't say."""
        return self.max_completion_tokens or self.max_output_tokens or self.max_tokens or 0


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Thresholds of requests, each for the provider that it is on its way to."""

    rules: Rules
    meter: Meter
    windows: dict[tuple[str, str], int] = field(default_factory=dict)

    def preference(self, asked: Asked, provider: Provider) -> Preference:
        """What holds for a request on its way to a provider: its headers come first, then its key, then that."""
        general = provider.prefers.over(self.rules.prefers)
        if asked.hints is NO_HINTS and asked.prefers is NO_PREFERENCE:
            return general
        hints, mode = asked.hints, ""
        if hints.context == "full":
            mode = "off"
        elif hints.context == "compact" or hints.threshold:
            mode = "on"
        return Preference(mode, hints.threshold).over(asked.prefers).over(general)

    def budget(self, asked: Asked, provider: Provider, threshold: int) -> Budget:
        """How a threshold is shared out."""
        keep = self.preference(asked, provider).keep or 0
        return Budget(threshold, self.rules.recall, 2 * self.rules.turns, keep)

    def threshold(self, asked: Asked, provider: Provider) -> int:
        """The tokens up to which a request is forwarded, if it has more than these; else 0."""
        assert asked.chained is not None  # noqa: S101 (what may not be made shorter has no threshold)
        tokens, prefers = asked.chained.end.tokens, self.preference(asked, provider)
        if prefers.mode == "on":
            return prefers.threshold if tokens > prefers.threshold else 0
        if prefers.mode == "off" or tokens < SMALLEST // 2:
            return 0
        window = self.window(asked, provider)
        return self._fitting(asked, window) if window else 0

    def window(self, asked: Asked, provider: Provider) -> int:
        """The window of the model that is asked for there; 0 where it isn't known."""
        model = provider.model(asked.request.model) if asked.request else ""
        key = (provider.name, model)
        if key not in self.windows:
            self._learn(key, self.meter.window(model, provider.market))
        return self.windows[key]

    def learnt(self, asked: Asked, provider: Provider, said: Overlong) -> int:
        """The threshold of a request that turned out to be too long, and whose window is now known; 0 in mode off."""
        if self.preference(asked, provider).mode == "off":
            return 0
        key = (provider.name, provider.model(asked.request.model) if asked.request else "")
        window = self._told(asked, said, self.windows.get(key, 0))
        self._learn(key, window)
        return self._fitting(asked, window)

    def _learn(self, key: tuple[str, str], window: int) -> None:
        if len(self.windows) >= MODELS:
            self.windows.clear()
        self.windows[key] = window

    def _fitting(self, asked: Asked, window: int) -> int:
        """The threshold that a window leaves to the messages, if they have more; else 0."""
        request, chained = asked.request, asked.chained
        assert request is not None  # noqa: S101
        assert chained is not None  # noqa: S101
        room = min(_room(request).tokens, window // 2)
        limit = int(SHARE * (window - room))
        if chained.end.tokens * 2 <= limit and not (request.tools or request.system):
            return 0
        around = self.meter.offered(request)
        if chained.end.tokens + around <= limit:
            return 0
        step = max(1, window // STEPS)
        around += self._apart(asked)
        return max(SMALLEST // 4, (limit - around) // step * step)

    def _apart(self, asked: Asked) -> int:
        """Tokens of what a threshold doesn't count: leading system text, and the last message."""
        assert asked.request is not None  # noqa: S101
        assert asked.dialect is not None  # noqa: S101
        raws, dialect = asked.request.raws, asked.dialect
        count = self.meter.raw_counter(asked.request.model)
        tokens = 0
        for raw in raws:
            if dialect.role(raw) is not Role.SYSTEM:
                break
            tokens += count(raw, dialect.read_message(raw))
        return tokens + count(raws[-1], dialect.read_message(raws[-1]))

    def _told(self, asked: Asked, said: Overlong, known: int) -> int:
        """A window in tokens as they are counted here; a guess where the upstream didn't tell it."""
        assert asked.chained is not None  # noqa: S101
        assert asked.request is not None  # noqa: S101
        ours = asked.chained.end.tokens + self.meter.offered(asked.request)
        told = said.limit * min(1.0, ours / said.used) if said.used else said.limit
        return max(1, int(min(told or ours, known or ours, ours)))


def _room(request: Request) -> Room:
    try:
        return msgspec.json.decode(request.before + request.after, type=Room)
    except REFUSALS:
        return Room()
