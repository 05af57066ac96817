-- name: owner_of the row of an owner
SELECT id FROM owners WHERE hash = ?;
-- name: add_owner
INSERT OR IGNORE INTO owners (hash, created_at) VALUES (?, ?);
-- name: add_blob
INSERT OR IGNORE INTO blobs (hash, kind, packed, data) VALUES (?, ?, ?, ?);
-- name: session_row
SELECT id FROM sessions WHERE uid = ?;
-- name: session_named
SELECT id FROM sessions WHERE owner = ? AND name = ?;
-- name: add_session
INSERT INTO sessions (uid, owner, name, parent, title, tags, meta, user_agent, model, system, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
-- name: describe_session what headers say of a session that exists
UPDATE sessions SET
    title = CASE WHEN ?2 != '' THEN ?2 ELSE title END,
    tags = CASE WHEN ?3 != '[]' THEN ?3 ELSE tags END,
    meta = json_patch(meta, ?4)
WHERE id = ?1;
-- name: touch_session counts of a request
UPDATE sessions SET
    exchanges = exchanges + 1, updated_at = max(updated_at, ?2), messages = messages + ?3, user_messages = user_messages + ?4,
    ai_messages = ai_messages + ?5, user_agent = CASE WHEN ?6 != '' THEN ?6 ELSE user_agent END, model = ?7,
    system = CASE WHEN ?8 != x'' THEN ?8 ELSE system END
WHERE id = ?1;
-- name: title_session
UPDATE sessions SET title = ?2 WHERE id = ?1 AND title = '';
-- name: settle_session counts of a reply
UPDATE sessions SET
    updated_at = max(updated_at, ?2), messages = messages + ?3, ai_messages = ai_messages + ?3, tool_calls = tool_calls + ?4,
    errors = errors + ?5, prompt_tokens = prompt_tokens + ?6, completion_tokens = completion_tokens + ?7,
    cached_tokens = cached_tokens + ?8, cost = cost + ?9, unpriced = unpriced + ?10
WHERE id = ?1;
-- name: message_at the row of a digest
SELECT id, body FROM messages WHERE digest = ?;
-- name: add_message
INSERT INTO messages (digest, parent, role, body, text, tokens, lone) VALUES (?, ?, ?, ?, ?, ?, ?);
-- name: add_landmark
INSERT OR IGNORE INTO landmarks (digest, message) VALUES (?, ?);
-- name: ancestors a message and those before it, latest first
WITH RECURSIVE up (id, parent, lone, body, role, depth) AS (
    SELECT id, parent, lone, body, role, 1 FROM messages WHERE id = ?1
    UNION ALL
    SELECT m.id, m.parent, m.lone, m.body, m.role, up.depth + 1 FROM up JOIN messages m ON m.id = up.parent WHERE up.depth < ?2
)
SELECT id, lone, body FROM up;
-- name: held whether a session holds a message
SELECT 1 FROM places WHERE message = ? AND session = ?;
-- name: above the message before, and whose it is
SELECT parent, role FROM messages WHERE id = ?;
-- name: add_place
INSERT INTO places (session, message, exchange, relayed) VALUES (?, ?, ?, 0);
-- name: add_answer a reply's place; it anchors what continues it
INSERT INTO places (session, message, exchange, relayed) VALUES (?, ?, ?, 1)
ON CONFLICT (message, session) DO UPDATE SET relayed = 1;
-- name: prompt_at
SELECT id FROM prompts WHERE digest = ?;
-- name: add_prompt
INSERT INTO prompts (digest, parent, items) VALUES (?, ?, ?);
-- name: open_exchange
INSERT OR IGNORE INTO exchanges (
    uid, owner, session, match, run, at, method, path, dialect, provider, model, stream, parsed, user_agent, body_hash,
    body_bytes, retry_of, tip, prompt, residue, tools, system
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
-- name: exchange_row
SELECT id, session, tip, ended_at FROM exchanges WHERE uid = ?;
-- name: place_exchange
UPDATE exchanges SET tip = ?2, prompt = ?3 WHERE id = ?1;
-- name: answer_call the result of a tool call
UPDATE tool_calls SET result = ?3, returned_at = ?4, ok = ?5
WHERE id = (SELECT max(id) FROM tool_calls WHERE session = ?1 AND call_id = ?2 AND result IS NULL);
-- name: add_call
INSERT INTO tool_calls (session, call_id, name, arguments, message, called_at) VALUES (?, ?, ?, ?, ?, ?);
-- name: add_checkpoint
INSERT OR IGNORE INTO checkpoints (exchange, number, data)
SELECT id, ?2, ?3 FROM exchanges WHERE uid = ?1 AND ended_at IS NULL;
-- name: close_exchange
UPDATE exchanges SET
    ended_at = ?, first_byte_at = ?, answered_by = ?, status = ?, ending = ?, finish_reason = ?, upstream_id = ?,
    reply_bytes = ?, prompt_tokens = ?, completion_tokens = ?, cached_tokens = ?, reasoning_tokens = ?, usage_source = ?,
    cost = ?, error_type = ?, error_code = ?, error_message = ?, error_body = ?, malformed = ?, answer = ?,
    reply_residue = ?, logprobs = ?, raw = ?
WHERE id = ?;
-- name: add_attempt
INSERT OR IGNORE INTO attempts (exchange, number, provider, started_at, ended_at, status, error) VALUES (?, ?, ?, ?, ?, ?, ?);
-- name: drop_checkpoints
DELETE FROM checkpoints WHERE exchange = ?;
-- name: add_gap
INSERT INTO gaps (at, exchanges, reason) VALUES (?, ?, ?);
-- name: add_run
INSERT OR IGNORE INTO runs (id, started_at) VALUES (?, ?);
-- name: index_words
INSERT INTO words (rowid, text)
SELECT id, text FROM messages WHERE id > ?1 AND id <= ?2 AND text IS NOT NULL;
-- name: index_grams
INSERT INTO grams (rowid, text)
SELECT id, text FROM messages WHERE id > ?1 AND id <= ?2 AND text IS NOT NULL;
-- name: indexed_to
SELECT message, (SELECT coalesce(max(id), 0) FROM messages) FROM indexed;
-- name: set_indexed
UPDATE indexed SET message = ?;
