"""The front door: a store by its URL."""

from __future__ import annotations

from storage.ports import Store, StoreError
from storage.sqlite.store import open_memory, open_sqlite

FILE = "sqlite:///"
IN_MEMORY = ("sqlite://:memory:", "sqlite:///:memory:")


async def open_store(url: str, *, readonly: bool = False) -> Store:
    """Open the store at ``url``, made if it isn't there. Raises ``StoreError``.

    With ``readonly`` nothing is made or changed, whatever is asked of it: a store that isn't there is an error.
    """
    if url in IN_MEMORY:
        return await open_memory()
    path = url.removeprefix(FILE)
    if url.startswith(FILE) and path:
        return await open_sqlite(path, readonly=readonly)
    message = f"the store's URL {url!r} is none that this release knows: sqlite:///PATH or sqlite://:memory:"
    raise StoreError(message)
