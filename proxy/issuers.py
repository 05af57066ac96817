"""Which provider gave out the handle of a reply: what asks for it later has to go there.

A bounded memory, and behind it the store. Where neither knows, or the store fails, requests are routed like any other.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from storage.ports import StoreError

log = logging.getLogger("steno.issuers")

Find = Callable[[bytes, str], Awaitable[str]]


@dataclass(slots=True)
class Issuers:
    """``find`` asks the store; the least recently told are forgotten first."""

    find: Find
    limit: int = 10_000
    _known: OrderedDict[tuple[bytes, str], str] = field(default_factory=OrderedDict)

    def tell(self, owner: bytes, handle: str, provider: str) -> None:
        """Remember a handle that was just given out."""
        self._known[owner, handle] = provider
        self._known.move_to_end((owner, handle))
        while len(self._known) > self.limit:
            self._known.popitem(last=False)

    async def provider(self, owner: bytes, handle: str) -> str | None:
        """The name of the provider that gave it out, if that is known."""
        known = self._known.get((owner, handle))
        if known is not None:
            return known
        try:
            return await self.find(owner, handle) or None
        except StoreError as error:
            log.warning("where a reply came from can't be looked up: %s", error)
            return None
