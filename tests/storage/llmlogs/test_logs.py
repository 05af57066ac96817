"""The logs of ``llm`` as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.llmlogs import count_logs, read_logs
from storage.ports import StoreError
from tests.storage.llmlogs.test_responses import SCHEMA, logs
from tests.storage.llmlogs.test_turns import TURNS

OLDER = """
INSERT INTO responses (id, prompt, response, conversation_id) VALUES ('u1', 'Hello', 'Hi', NULL),
    ('r3', 'Earlier', 'Yes', 'th1'), ('r4', 'Alone', 'Yes', NULL);
"""


def test_a_database_that_is_no_log_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no log of llm"):
        list(read_logs(logs(tmp_path / "other.db", "CREATE TABLE x (y)")))
    with pytest.raises(StoreError, match="can't be read as a log"):
        list(read_logs(tmp_path / "missing.db"))


def test_what_stands_in_turns_is_not_told_twice(tmp_path: Path) -> None:
    """Releases that wrote both, and conversations that newer ones went on with."""
    path = logs(tmp_path / "logs.db", SCHEMA + TURNS + OLDER)
    assert [one.id for one in read_logs(path)] == ["r1", "r2", "r4", "u1", "u2", "u3"]
    assert count_logs(path) == 9
