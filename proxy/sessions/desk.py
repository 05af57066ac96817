"""Where a program's entries go: the store of the settings, or of a URL, opened for each of them or for a while.

The owner is that of callers without an API key, so that a proxy on the same store goes on with such a session.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from proxy.config import Settings, load_settings
from proxy.identity import owner_of
from proxy.meter import Meter
from proxy.prices import ModelPrice, PriceBook
from proxy.sessions.faults import StorageError
from proxy.tokens import Tokenizer
from storage.opening import open_store
from storage.ports import Question, Store, StoreError


class Desk:
    """One program's access to a store. Methods raise ``StorageError``."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._settings: Settings | None = None
        self._held: Store | None = None
        self._owner = b""
        self._meter: Meter | None = None

    @property
    def settings(self) -> Settings:
        """Read when they are first needed."""
        if self._settings is None:
            self._settings = load_settings(None, {"store.url": self._url})
        return self._settings

    async def hold(self) -> None:
        """Keep the store open from now on."""
        if self._held is None:
            self._held = await _opened(self.settings.store.url)

    async def release(self) -> None:
        """Close the store that was kept open."""
        held, self._held = self._held, None
        if held is not None:
            await held.close()

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        """The store, for the time of the block."""
        store = self._held or await _opened(self.settings.store.url)
        try:
            yield store
        except StoreError as error:
            raise StorageError(str(error)) from error
        finally:
            if store is not self._held:
                await store.close()

    async def owner(self) -> bytes:
        """Whose the entries are."""
        if not self._owner:
            async with self.store() as store:
                owner = owner_of((), await store.secret(), self.settings.access.owners)
                self._owner = (await store.owners.aliases()).get(owner, owner)
        return self._owner

    async def meter(self) -> Meter:
        """Tokens and prices; loading them takes a moment."""
        if self._meter is None:
            tokenizer = Tokenizer()
            own = {name: ModelPrice(**price.model_dump()) for name, price in self.settings.prices.items()}
            prices = PriceBook(own)
            await asyncio.to_thread(tokenizer.load, "o200k_base")
            await asyncio.to_thread(prices.load)
            self._meter = Meter(tokenizer, prices)
        return self._meter

    async def write(self, entries: Sequence[Question]) -> None:
        """Commit entries in one transaction."""
        async with self.store() as store:
            await store.write(entries)


async def _opened(url: str) -> Store:
    try:
        return await open_store(url)
    except StoreError as error:
        raise StorageError(str(error)) from error
