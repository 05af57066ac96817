"""The pytest fixture ``steno_replay``: a recorded session as a cassette.

pytest imports this module in every project that has Steno installed, so it imports nothing else before it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from proxy.replay.cassette import Cassette


@pytest.fixture
def steno_replay() -> Iterator[Callable[[str | Path], Cassette]]:
    """Play an export: ``steno_replay("tests/whales.jsonl").base_url`` is a base URL for an OpenAI client."""
    from proxy.replay.cassette import playing  # noqa: PLC0415 (see above)

    with ExitStack() as stack:
        yield lambda path: stack.enter_context(playing(path))
