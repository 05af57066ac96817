"""A connection to an empty store in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from storage.migrate import migrate


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, "storage.sqlite")
    yield connection
    connection.close()
