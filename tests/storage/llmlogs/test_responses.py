"""The logs of ``llm``, as its releases before turns wrote them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from storage.llmlogs import Attached, LoggedCall, LoggedMessage, read_logs

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
LATER = """
CREATE TABLE attachments (id TEXT PRIMARY KEY, type TEXT, path TEXT, url TEXT, content BLOB);
CREATE TABLE prompt_attachments (response_id TEXT, attachment_id TEXT, "order" INTEGER);
CREATE TABLE tool_results_attachments (tool_result_id INTEGER, attachment_id TEXT, "order" INTEGER);
CREATE TABLE fragments (id INTEGER PRIMARY KEY, hash TEXT, content TEXT, datetime_utc TEXT, source TEXT);
CREATE TABLE prompt_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER);
CREATE TABLE system_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER);
ALTER TABLE responses ADD COLUMN reasoning TEXT;
UPDATE responses SET reasoning = 'Hm.' WHERE id = 'r1';
INSERT INTO attachments VALUES ('a1', 'image/png', NULL, NULL, x'89'), ('a2', 'image/png', NULL, 'https://x/y', NULL),
    ('a3', 'audio/wav', '/tmp/a b.wav', NULL, NULL);
INSERT INTO prompt_attachments VALUES ('r1', 'a2', 1), ('r1', 'a1', 0);
INSERT INTO tool_results_attachments VALUES (1, 'a3', 0);
INSERT INTO fragments VALUES (1, 'h', 'A novel.', NULL, NULL), (2, 'h2', 'Be kind.', NULL, NULL);
INSERT INTO prompt_fragments VALUES ('r1', 1, 0);
INSERT INTO system_fragments VALUES ('r1', 2, 0);
"""


def logs(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


def test_responses_come_by_conversation_in_their_order(tmp_path: Path) -> None:
    first, second = read_logs(logs(tmp_path / "logs.db", SCHEMA))
    assert (first.conversation, first.title, first.model) == ("c1", "Pelicans", "gpt-4o")
    assert first.messages == (
        LoggedMessage("system", "Be brief."),
        LoggedMessage("user", "A name?"),
        LoggedMessage("assistant", calls=(LoggedCall("t1", "look", "{}"),)),
    )
    assert second.messages == (LoggedMessage("tool", "seen", call_id="t1"), LoggedMessage("assistant", "Percy."))
    assert (second.model, second.milliseconds, second.output_tokens) == ("gpt-4o-2024-08-06", 700, 2)


def test_attachments_fragments_and_reasoning_are_read(tmp_path: Path) -> None:
    first, second = read_logs(logs(tmp_path / "logs.db", SCHEMA + LATER))
    system, user, assistant = first.messages
    assert system.text == "Be kind.\n\nBe brief."
    assert user.text == "A novel.\nA name?"
    assert user.attached == (Attached("image/png", data=b"\x89"), Attached("image/png", "https://x/y"))
    assert assistant.reasoning == "Hm."
    assert second.messages[0].attached == (Attached("audio/wav", "file:///tmp/a%20b.wav"),)


def test_a_log_without_conversations_is_read_too(tmp_path: Path) -> None:
    old = "CREATE TABLE responses (id INTEGER, prompt TEXT, response TEXT); INSERT INTO responses VALUES (1, 'a', 'b')"
    (one,) = read_logs(logs(tmp_path / "logs.db", old))
    assert (one.id, [message.text for message in one.messages], one.input_tokens) == ("1", ["a", "b"], None)
