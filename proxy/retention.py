"""How long recordings are kept: what had no activity for too long is erased, a little at a time, in the background."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from proxy.erasure import Eraser
from storage.ports import StoreError

log = logging.getLogger("steno.retention")

DAY = 86_400_000_000
SWEEP_SECONDS = 3600.0
KEEPER = b"steno-retention!"
"""The lock of the one process that does it."""


def horizon(now: int, days: int) -> int:
    """The moment before which everything is old; with 0 days, nothing ever is."""
    return now - days * DAY if days else 0


@dataclass(frozen=True, slots=True)
class Retention:
    """Looks for what is old at the start, and then every hour."""

    eraser: Eraser
    days: int
    clock: Callable[[], int]
    seconds: float = SWEEP_SECONDS
    swept: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once what was old at the start is gone."""

    async def run(self) -> None:
        """Until it is cancelled. What somebody began to erase is ended even if all is kept for ever."""
        while True:
            await self._logged(horizon(self.clock(), self.days))
            self.swept.set()
            await asyncio.sleep(self.seconds)

    async def _logged(self, before: int) -> None:
        try:
            await self.eraser.store.hold(KEEPER)
        except StoreError as error:
            log.debug("another process looks for what is old: %s", error)
            return
        try:
            await self.sweep(before)
        except StoreError as error:
            log.warning("what is old can't be erased now: %s", error)

    async def sweep(self, before: int) -> int:
        """Erase what had no activity since then; how many sessions. Raises ``StoreError``."""
        erasures = self.eraser.store.erasures
        sessions = await erasures.inactive(before) if before else ()
        if sessions:
            await self.eraser.erase(*sessions)
            log.info("sessions were erased that had no activity for so many days: %s, %s", len(sessions), self.days)
        await erasures.erase_alone(before)
        return len(sessions)
