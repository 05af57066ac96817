"""The front door: a store by its URL."""

from __future__ import annotations

from storage.ports import Store, StoreError
from storage.sqlite.store import open_sqlite

FILE = "sqlite:///"
IN_MEMORY = ("sqlite://:memory:", "sqlite:///:memory:")


async def open_store(url: str) -> Store:
    """Open the store at ``url``, made if it isn't there. Raises ``StoreError``."""
    if url in IN_MEMORY:
        return await open_sqlite(":memory:")
    if url.startswith(FILE):
        return await open_sqlite(url.removeprefix(FILE))
    message = f"the store's URL {url!r} is none that this release knows: sqlite:///PATH or sqlite://:memory:"
    raise StoreError(message)
