-- name: probe a page that is written, and stays as it was
UPDATE indexed SET message = message;
-- name: owner_of the row of an owner
SELECT id FROM owners WHERE hash = ?;
-- name: add_owner
INSERT INTO owners (hash, created_at) VALUES (?, ?);
-- name: has_blob
SELECT id FROM blobs WHERE hash = ?;
-- name: add_blob
INSERT INTO blobs (hash, kind, packed, data) VALUES (?, ?, ?, ?);
-- name: add_use
INSERT OR IGNORE INTO uses (holder, blob) VALUES (?, ?);
-- name: session_row
SELECT id FROM sessions WHERE uid = ? AND owner = ?;
-- name: session_named
SELECT id FROM sessions WHERE owner = ? AND name = ?;
-- name: parent_session a session by its client's name or its id
SELECT id FROM sessions WHERE owner = ?1 AND (name = ?2 OR uid = ?3) ORDER BY name IS ?2 DESC LIMIT 1;
-- name: add_session
INSERT INTO sessions (uid, owner, name, parent, awaits, user_agent, model, system, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (uid) DO NOTHING;
-- name: adopt the sessions that awaited a new one as their parent, but for those above it
UPDATE sessions SET parent = ?1, awaits = NULL
WHERE owner = ?2 AND awaits = ?3 AND id NOT IN (
    WITH RECURSIVE up (id) AS (
        SELECT ?1 UNION SELECT s.parent FROM up JOIN sessions s ON s.id = up.id WHERE s.parent IS NOT NULL
    )
    SELECT id FROM up
);
-- name: describe_session what headers say of a session that exists
UPDATE sessions SET
    title = CASE WHEN ?2 != '' THEN ?2 ELSE title END,
    tags = CASE WHEN ?3 != '[]' THEN ?3 ELSE tags END,
    meta = json_patch(meta, ?4)
WHERE id = ?1;
-- name: touch_session counts of a request
UPDATE sessions SET
    exchanges = exchanges + 1, updated_at = max(updated_at, ?2), messages = messages + ?3, user_messages = user_messages + ?4,
    ai_messages = ai_messages + ?5, user_agent = CASE WHEN ?6 != '' THEN ?6 ELSE user_agent END,
    model = CASE WHEN ?7 != '' THEN ?7 ELSE model END, system = CASE WHEN ?8 != x'' THEN ?8 ELSE system END,
    title = CASE WHEN title = '' THEN ?9 ELSE title END
WHERE id = ?1;
-- name: settle_session counts of a reply
UPDATE sessions SET
    updated_at = max(updated_at, ?2), messages = messages + ?3, ai_messages = ai_messages + ?3, tool_calls = tool_calls + ?4,
    errors = errors + ?5, prompt_tokens = prompt_tokens + ?6, completion_tokens = completion_tokens + ?7,
    cached_tokens = cached_tokens + ?8, cost = cost + ?9, unpriced = unpriced + ?10
WHERE id = ?1;
-- name: message_at the row of a digest
SELECT id FROM messages WHERE digest = ?;
-- name: message_body
SELECT body FROM messages WHERE id = ?;
-- name: add_message
INSERT INTO messages (digest, parent, role, body, text, tokens, lone, marks) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (digest) DO NOTHING;
-- name: add_landmark
INSERT OR IGNORE INTO landmarks (digest, message) VALUES (?, ?);
-- name: mark a message with another landmark
UPDATE messages SET marks = CAST(coalesce(marks, x'') || ?1 AS BLOB) WHERE id = ?2;
-- name: ancestors a message and those before it, latest first
WITH RECURSIVE up (id, parent, lone, body, depth) AS (
    SELECT id, parent, lone, body, 1 FROM messages WHERE id = ?1
    UNION ALL
    SELECT m.id, m.parent, m.lone, m.body, up.depth + 1 FROM up JOIN messages m ON m.id = up.parent WHERE up.depth < ?2
)
SELECT id, lone, body FROM up ORDER BY depth;
-- name: held whether a session holds a message
SELECT 1 FROM places WHERE message = ? AND session = ?;
-- name: above the message before, and whose it is
SELECT parent, role FROM messages WHERE id = ?;
-- name: continue a message that a session holds is followed by something there
UPDATE places SET continued = 1 WHERE message = ? AND session = ?;
-- name: add_place
INSERT INTO places (session, message, exchange, relayed, continued) VALUES (?, ?, ?, 0, ?);
-- name: add_answer a reply's place; it anchors what continues it
INSERT INTO places (session, message, exchange, relayed, continued) VALUES (?, ?, ?, 1, 0)
ON CONFLICT (message, session) DO UPDATE SET relayed = 1;
-- name: prompt_at
SELECT id FROM prompts WHERE digest = ?;
-- name: add_prompt
INSERT INTO prompts (digest, parent, items) VALUES (?, ?, ?) ON CONFLICT (digest) DO NOTHING;
-- name: add_exchange
INSERT INTO exchanges (
    uid, owner, session, match, run, at, method, path, dialect, provider, model, stream, parsed, user_agent, body_hash,
    body_bytes, retry_of, tip, prompt, residue, tools, system, asked
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (uid) DO NOTHING;
-- name: retry an attempt that is made again asks for no other
UPDATE exchanges SET retried = 1 WHERE uid = ?;
-- name: open_exchange one that hasn't ended
SELECT id, session, tip, retry_of IS NOT NULL FROM exchanges WHERE uid = ? AND ended_at IS NULL;
-- name: call_above a result: the nearest of its id, or of its name where there are no ids, among the messages before it
WITH RECURSIVE up (id, steps) AS (
    SELECT ?3, 0
    UNION ALL
    SELECT m.parent, up.steps + 1 FROM up JOIN messages m ON m.id = up.id WHERE m.parent IS NOT NULL AND up.steps < 64
)
SELECT c.id, c.result IS NULL FROM up
CROSS JOIN tool_calls c ON c.session = ?1 AND c.call_id = ?2 AND c.message = up.id AND (?2 != '' OR c.name = ?4) LIMIT 1;
-- name: latest_call of an id, or of a name where there are no ids, that has no result yet
SELECT max(id), 1 FROM tool_calls WHERE session = ?1 AND call_id = ?2 AND result IS NULL AND (?2 != '' OR name = ?3);
-- name: answer_call the result of a tool call
UPDATE tool_calls SET result = ?2, returned_at = max(?3, called_at), ok = ?4 WHERE id = ?1;
-- name: add_call unless the same answer made it in this session before
INSERT INTO tool_calls (session, call_id, name, arguments, message, called_at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6
WHERE NOT EXISTS (SELECT 1 FROM tool_calls WHERE session = ?1 AND call_id = ?2 AND message = ?5);
-- name: add_checkpoint
INSERT OR IGNORE INTO checkpoints (exchange, number, data)
SELECT id, ?2, ?3 FROM exchanges WHERE uid = ?1 AND ended_at IS NULL;
-- name: close_exchange its times are none before its own beginning, whatever became of the clock
UPDATE exchanges SET
    ended_at = max(?, at), first_byte_at = max(?, at), answered_by = ?, status = ?, ending = ?, finish_reason = ?, upstream_id = ?,
    reply_bytes = ?, prompt_tokens = ?, completion_tokens = ?, cached_tokens = ?, reasoning_tokens = ?,
    cache_written_tokens = ?, usage_source = ?, cost = ?, error_type = ?, error_code = ?, error_message = ?,
    error_body = ?, malformed = ?, answer = ?, answers = ?, reply_residue = ?, logprobs = ?, raw = ?, handle = ?,
    provider = coalesce(nullif(?, ''), provider), sent_model = nullif(?, ''), said = ?, confidence = ?, reply_hash = ?,
    reply_id = ?, forwarded_hash = coalesce(?, forwarded_hash), adds_usage = max(?, adds_usage),
    sent_tokens = coalesce(?, sent_tokens), forwarded_tokens = coalesce(?, forwarded_tokens), plan = coalesce(?, plan)
WHERE id = ?;
-- name: unanswered one that has ended, with its answer still to be fetched
SELECT id, session, tip, 0 FROM exchanges
WHERE uid = ? AND ended_at IS NOT NULL AND answer IS NULL AND coalesce(error_message, '') = '';
-- name: let_wait an exchange whose answer came late, for the index and the statistics, if they have taken it in
INSERT OR IGNORE INTO waiting (source, row, late) SELECT 1, ?1, 1 FROM indexed WHERE ?1 <= exchange;
-- name: settle_retried earlier attempts of what is now answered ask for no other
UPDATE exchanges SET retried = 1
FROM (SELECT owner AS by, body_hash AS body, session AS within FROM exchanges WHERE id = ?1) AS answered
WHERE owner = answered.by AND body_hash = answered.body AND session = answered.within
    AND ended_at IS NOT NULL AND answer IS NULL AND parsed = 1 AND retried = 0;
-- name: add_attempt
INSERT OR IGNORE INTO attempts (exchange, number, provider, started_at, ended_at, status, error)
VALUES (?1, ?2, ?3, ?4, max(?4, ?5), ?6, ?7);
-- name: drop_checkpoints
DELETE FROM checkpoints WHERE exchange = ?;
-- name: add_gap
INSERT OR IGNORE INTO gaps (at, exchanges, reason) VALUES (?, ?, ?);
-- name: add_posted an entry of a session's log
INSERT INTO posted (uid, session, at, type, source, text, name, rationale, arguments, result, ok, confidence)
SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 FROM sessions WHERE uid = ?2
ON CONFLICT (uid) DO NOTHING;
-- name: settle_posted counts of such an entry
UPDATE sessions SET
    updated_at = max(updated_at, ?2), tool_calls = tool_calls + (?3 = 'tool_call'), errors = errors + (?3 = 'error'),
    decisions = decisions + (?3 = 'decision')
WHERE uid = ?1;
