"""The logs of ``llm``, as its newest releases write them."""

from __future__ import annotations

from pathlib import Path

from storage.llmlogs import Attached, LoggedCall, LoggedMessage, read_logs
from tests.storage.llmlogs.test_responses import logs

TURNS = """
CREATE TABLE IF NOT EXISTS attachments (id TEXT PRIMARY KEY, type TEXT, path TEXT, url TEXT, content BLOB);
CREATE TABLE IF NOT EXISTS fragments (id INTEGER PRIMARY KEY, hash TEXT, content TEXT, datetime_utc TEXT, source TEXT);
CREATE TABLE messages (hash TEXT PRIMARY KEY, parent_hash TEXT, role TEXT, provider_metadata TEXT);
CREATE TABLE parts (id INTEGER PRIMARY KEY, message_hash TEXT, position INTEGER, type TEXT, tool_name TEXT, text TEXT,
    payload TEXT);
CREATE TABLE threads (id TEXT PRIMARY KEY, name TEXT, tip_message_hash TEXT, forked_from TEXT, datetime_utc TEXT);
CREATE TABLE turns (id TEXT PRIMARY KEY, thread_id TEXT, parent_message_hash TEXT, tip_message_hash TEXT, model TEXT,
    resolved_model TEXT, options_json TEXT, schema_id TEXT, input_tokens INTEGER, output_tokens INTEGER,
    token_details TEXT, duration_ms INTEGER, datetime_utc TEXT, response_json TEXT);
INSERT INTO attachments VALUES ('a1', 'image/png', NULL, NULL, x'89');
INSERT INTO fragments (id, content) VALUES (7, 'A novel.');
INSERT INTO messages VALUES ('m1', NULL, 'user', NULL), ('m2', 'm1', 'assistant', NULL), ('m3', 'm2', 'tool', NULL),
    ('m4', 'm3', 'assistant', NULL), ('m5', 'm2', 'user', NULL), ('m6', 'm5', 'assistant', NULL);
INSERT INTO parts (message_hash, position, type, text, payload) VALUES
    ('m1', 0, 'text', NULL, '{"text_ref": [{"fragment": 7}, {"literal": " Sum it up."}, {"fragment": 8}]}'),
    ('m1', 1, 'attachment', NULL, '{"attachment": {"id": "a1"}}'),
    ('m1', 2, 'attachment', NULL, '{"attachment": {"id": "gone"}}'),
    ('m2', 0, 'reasoning', 'Hm.', NULL),
    ('m2', 1, 'tool_call', NULL, '{"name": "look", "arguments": {"at": "é"}, "tool_call_id": "t1"}'),
    ('m3', 0, 'tool_result', NULL, '{"name": "look", "output": "seen", "tool_call_id": "t1"}'),
    ('m3', 1, 'tool_result', NULL, '{"output": "", "exception": "no", "attachments": [{"id": "a1"}]}'),
    ('m4', 0, 'text', 'Done.', 'broken'), ('m5', 0, 'text', 'Otherwise?', NULL), ('m6', 0, 'text', 'No.', NULL);
INSERT INTO threads VALUES ('th1', 'Novels', 'm6', NULL, NULL);
INSERT INTO turns (id, thread_id, tip_message_hash, model, input_tokens, output_tokens, duration_ms, datetime_utc)
VALUES
    ('u1', 'th1', 'm2', 'gpt-4o', 20, 5, 500, '2026-11-20T12:00:00+00:00'),
    ('u2', 'th1', 'm4', 'gpt-4o', 30, 2, 700, '2026-11-20T12:01:00+00:00'),
    ('u3', 'th1', 'm6', 'gpt-4o', 30, 2, 700, '2026-11-20T12:02:00+00:00'),
    ('u4', 'th1', NULL, 'gpt-4o', NULL, NULL, NULL, '2026-11-20T12:03:00+00:00');
"""


def test_a_turn_has_the_messages_that_the_one_before_it_had_not(tmp_path: Path) -> None:
    first, second, _ = read_logs(logs(tmp_path / "logs.db", TURNS))
    picture = Attached("image/png", data=b"\x89")
    assert (first.conversation, first.title, first.model, first.input_tokens) == ("th1", "Novels", "gpt-4o", 20)
    assert first.messages == (
        LoggedMessage("user", "A novel. Sum it up.", attached=(picture,)),
        LoggedMessage("assistant", reasoning="Hm.", calls=(LoggedCall("t1", "look", '{"at": "é"}'),)),
    )
    assert second.conversation == "th1"
    assert second.messages == (
        LoggedMessage("tool", "seen", call_id="t1"),
        LoggedMessage("tool", "no", attached=(picture,)),
        LoggedMessage("assistant", "Done."),
    )


def test_a_turn_that_goes_on_from_elsewhere_is_a_conversation_with_all_that_was_before_it(tmp_path: Path) -> None:
    *_, third = read_logs(logs(tmp_path / "logs.db", TURNS))
    assert third.conversation == "th1/u3"
    assert [message.role for message in third.messages] == ["user", "assistant", "user", "assistant"]
