"""The logs of ``llm``, as several of its releases wrote them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.llmlogs import LoggedCall, read_logs
from storage.ports import StoreError

SCHEMA = """
CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
CREATE TABLE responses (id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT, options_json TEXT,
    response TEXT, response_json TEXT, conversation_id TEXT, duration_ms INTEGER, datetime_utc TEXT,
    input_tokens INTEGER, output_tokens INTEGER, token_details TEXT, schema_id TEXT, resolved_model TEXT);
CREATE TABLE tool_calls (id INTEGER PRIMARY KEY, response_id TEXT, tool_id INTEGER, name TEXT, arguments TEXT,
    tool_call_id TEXT);
CREATE TABLE tool_results (id INTEGER PRIMARY KEY, response_id TEXT, tool_id INTEGER, name TEXT, output TEXT,
    tool_call_id TEXT);
INSERT INTO conversations VALUES ('c1', 'Pelicans', 'gpt-4o');
INSERT INTO responses VALUES ('r2', 'gpt-4o', '', NULL, NULL, NULL, 'Percy.', NULL, 'c1', 700, '2026-06-22T12:01:00',
    30, 2, NULL, NULL, 'gpt-4o-2024-08-06');
INSERT INTO responses VALUES ('r1', 'gpt-4o', 'A name?', 'Be brief.', NULL, NULL, '', NULL, 'c1', 500,
    '2026-06-22T12:00:00', 20, 5, NULL, NULL, NULL);
INSERT INTO tool_calls VALUES (1, 'r1', 1, 'look', '{}', 't1');
INSERT INTO tool_results VALUES (1, 'r2', 1, 'look', 'seen', 't1');
"""


def logs(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


def test_responses_come_by_conversation_in_their_order(tmp_path: Path) -> None:
    first, second = read_logs(logs(tmp_path / "logs.db", SCHEMA))
    assert (first.conversation, first.title, first.model, first.prompt, first.system) == (
        "c1",
        "Pelicans",
        "gpt-4o",
        "A name?",
        "Be brief.",
    )
    assert first.calls == (LoggedCall("t1", "look", "{}"),)
    assert second.results == (LoggedCall("t1", "look", "seen"),)
    assert (second.model, second.response, second.milliseconds, second.output_tokens) == (
        "gpt-4o-2024-08-06",
        "Percy.",
        700,
        2,
    )


def test_a_log_without_conversations_is_read_too(tmp_path: Path) -> None:
    old = "CREATE TABLE responses (id INTEGER, prompt TEXT, response TEXT); INSERT INTO responses VALUES (1, 'a', 'b')"
    (one,) = read_logs(logs(tmp_path / "logs.db", old))
    assert (one.id, one.prompt, one.response, one.input_tokens) == ("1", "a", "b", None)


def test_a_database_that_is_no_log_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no log of llm"):
        list(read_logs(logs(tmp_path / "other.db", "CREATE TABLE x (y)")))
    with pytest.raises(StoreError, match="can't be read as a log"):
        list(read_logs(tmp_path / "missing.db"))
