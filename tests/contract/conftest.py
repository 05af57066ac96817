"""Each backend, empty."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from storage.opening import open_store
from storage.ports import Store


@pytest_asyncio.fixture(params=["sqlite file", "sqlite memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite:///{tmp_path}/store/steno.db" if request.param == "sqlite file" else "sqlite://:memory:"
    store = await open_store(url)
    yield store
    await store.close()
