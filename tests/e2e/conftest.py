"""One stage for all tests of a module that need no settings of their own; each test is another caller to it."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.e2e.stages import Stage, staged


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    """A proxy with its upstreams."""
    async with staged() as stage:
        yield stage


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """A key of the test's own, so that no other test's history is in its way."""
    if "stage" in request.fixturenames:
        request.getfixturevalue("stage").journal.clear()
    return f"sk-{uuid4()}"
