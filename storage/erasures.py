"""How what was recorded leaves a store for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Erasures(Protocol):
    """Erases in many short steps, between which others write. Every method may raise ``StoreError``."""

    async def erase(self, *sessions: bytes) -> bool:
        """Take sessions away with all that is theirs alone; they are not found from the start.

        Whether no trace is left in any file: else somebody who read at that time was in the way, and the next call
        does it. It also ends what an earlier call began. A request that is under way goes with its session, and its
        reply is not recorded.
        """
        ...

    async def erase_alone(self, before: int) -> bool:
        """Take exchanges away that belong to no session and began before a moment, in the same manner."""
        ...

    async def inactive(self, before: int) -> Sequence[bytes]:
        """The sessions with no activity since a moment, the longest without it first."""
        ...

    def generation(self) -> bytes:
        """Another one after each erasure, merge or split, by whatever process: what is remembered of a history may be
        gone. It costs no more than a look at memory."""
        ...
