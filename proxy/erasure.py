"""Sessions leave for good.

What waits in a spool is stored first, so that it goes with its session.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from proxy.recorder import Recorder
from storage.ports import Store

PATIENCE = 10.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Erased:
    """How far it went: the store holds nothing any more, but there may be something beside it."""

    spooled: bool = False
    """Records of a proxy that runs wait in a spool; if some are of a session that was erased, they make a new one."""
    traces: bool = False
    """Somebody read for so long that the log could not be emptied; the next erasure does it."""


@dataclass(frozen=True, slots=True)
class Eraser:
    """Erases sessions of one store, of which others may be recording at the same time."""

    store: Store
    recorder: Recorder
    patience: float = PATIENCE

    async def erase(self, *sessions: bytes) -> Erased:
        """Take sessions away. Raises ``StoreError``."""
        stored = await self._stored()
        wiped = await self.store.erasures.erase(*sessions)
        return Erased(not stored, not wiped)

    async def _stored(self) -> bool:
        """Wait until nothing waits in any spool; whether that came to pass."""
        if not await self.recorder.caught_up(self.patience):
            return False
        for _ in range(round(self.patience / LOOK_SECONDS)):
            if not self.recorder.spool.waits_elsewhere:
                return True
            await asyncio.sleep(LOOK_SECONDS)
        return not self.recorder.spool.waits_elsewhere
