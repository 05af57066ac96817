"""Memory: the tracks followed before, so that a turn costs what the turn adds.

Bounded by what they hold. To forget one changes the cost of the next request, never its plan.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field

from proxy.tracks import Closed, Track


@dataclass(slots=True)
class Tracks:
    """Tracks followed before; the least recently used goes first. ``limit`` is a number of passages, as the
    closed histories hold them; each history counts once, however many tracks share it."""

    limit: int = 200_000
    held: OrderedDict[Hashable, Track] = field(default_factory=OrderedDict)
    shared: dict[int, int] = field(default_factory=dict)
    passages: int = 0

    def get(self, name: Hashable) -> Track | None:
        """The track of that name."""
        track = self.held.get(name)
        if track is not None:
            self.held.move_to_end(name)
        return track

    def put(self, name: Hashable, track: Track) -> None:
        """Remember a track."""
        self._drop(name)
        self.held[name] = track
        self._count(track.closed, 1)
        self.passages += len(track.tail)
        while self.passages > self.limit and len(self.held) > 1:
            self._drop(next(iter(self.held)))

    def _drop(self, name: Hashable) -> None:
        track = self.held.pop(name, None)
        if track is not None:
            self._count(track.closed, -1)
            self.passages -= len(track.tail)

    def _count(self, closed: Closed | None, step: int) -> None:
        if closed is None:
            return
        uses = self.shared.get(id(closed), 0)
        self.shared[id(closed)] = uses + step
        if uses == 0 or uses + step == 0:
            self.passages += step * closed.shelf.passages
        if uses + step == 0:
            del self.shared[id(closed)]
