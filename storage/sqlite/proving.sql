-- name: proofs of the ended exchanges after a row
SELECT e.id, e.uid, coalesce(s.uid, x''), e.path, CASE WHEN e.parsed = 1 THEN e.body_hash ELSE x'' END,
    coalesce(e.forwarded_hash, x''), coalesce(e.reply_hash, x''), e.answer IS NOT NULL OR e.said IS NOT NULL
FROM exchanges e LEFT JOIN sessions s ON s.id = e.session
WHERE e.id > ?1 AND e.ended_at IS NOT NULL AND (?3 IS NULL OR s.uid = ?3) ORDER BY e.id LIMIT ?2;
-- name: takes of a session, or a certain one
SELECT e.uid, e.path, e.dialect, e.model, e.stream, coalesce(e.status, 0), e.body_hash, coalesce(e.tip, 0), e.at,
    coalesce(e.first_byte_at, 0), e.ended_at, coalesce(e.answered_by, ''), coalesce(e.finish_reason, ''), e.prompt_tokens,
    e.completion_tokens, e.cached_tokens, e.reasoning_tokens, e.cache_written_tokens,
    coalesce(e.handle, e.reply_id, ''),
    coalesce(e.error_body, x''), coalesce(e.said, '[]'), e.answer, e.answers
FROM exchanges e
WHERE e.id IN (
    SELECT id FROM exchanges WHERE session = (SELECT id FROM sessions WHERE uid = ?1)
    UNION ALL SELECT id FROM exchanges WHERE uid = ?2
) AND e.ended_at IS NOT NULL AND e.parsed = 1 ORDER BY e.id;
-- name: message_body
SELECT body FROM messages WHERE id = ?;
-- name: mark how far the store has come
SELECT (SELECT coalesce(max(id), 0) FROM places), (SELECT coalesce(max(id), 0) FROM tool_calls),
    (SELECT coalesce(max(id), 0) FROM exchanges), (SELECT coalesce(max(id), 0) FROM posted);
-- name: open_now exchanges that have not ended
SELECT e.id FROM running JOIN exchanges e USING (id) WHERE e.run IS NOT NULL ORDER BY e.id;
-- name: new_messages after a row
SELECT p.id, e.at, e.ended_at, p.relayed, s.uid, e.uid, m.role, coalesce(m.text, ''), e.model
FROM places p JOIN sessions s ON s.id = p.session JOIN messages m ON m.id = p.message JOIN exchanges e ON e.id = p.exchange
WHERE p.id > ?1 AND p.id <= ?2 ORDER BY p.id;
-- name: new_calls after a row
SELECT c.id, c.called_at, s.uid, c.name, c.arguments FROM tool_calls c JOIN sessions s ON s.id = c.session
WHERE c.id > ?1 AND c.id <= ?2 ORDER BY c.id;
-- name: new_posted after a row
SELECT p.type, p.at, s.uid, p.source, p.text, p.name, p.rationale, p.arguments
FROM posted p JOIN sessions s ON s.id = p.session WHERE p.id > ?1 AND p.id <= ?2 ORDER BY p.id;
-- name: ended of some exchanges those that ended, and what was wrong with them
SELECT e.id, e.ended_at, coalesce(s.uid, x''), e.uid, coalesce(e.error_message, ''), coalesce(e.ending, ''), e.model,
    coalesce(nullif(e.error_code, ''), nullif(e.error_type, ''), nullif(e.status, 0), ''),
    e.ending != 'complete' OR coalesce(e.status, 0) >= 400 OR coalesce(e.error_message, '') != ''
FROM exchanges e LEFT JOIN sessions s ON s.id = e.session
WHERE (e.id IN (SELECT value FROM json_each(?1)) OR (e.id > ?2 AND e.id <= ?3)) AND e.ended_at IS NOT NULL ORDER BY e.ended_at;
-- name: still_open of some exchanges those that have not ended
SELECT id FROM exchanges
WHERE (id IN (SELECT value FROM json_each(?1)) OR (id > ?2 AND id <= ?3)) AND ended_at IS NULL ORDER BY id;
-- name: clear_words
INSERT INTO words (words) VALUES ('delete-all');
-- name: clear_grams
INSERT INTO grams (grams) VALUES ('delete-all');
-- name: clear_terms
DELETE FROM terms;
-- name: clear_documents
DELETE FROM documents;
-- name: clear_spreads
DELETE FROM spreads;
-- name: clear_days
DELETE FROM days;
-- name: clear_balances
DELETE FROM balances;
-- name: clear_waiting
DELETE FROM waiting;
-- name: let_posted_wait
INSERT INTO waiting (source, row) SELECT 2, id FROM posted;
-- name: begin_index
UPDATE indexed SET message = 0, exchange = 0;
-- name: texts how many messages can be indexed
SELECT count(*) FROM messages WHERE text IS NOT NULL;
-- name: recount the sums of each session, where they are others than those that it shows
WITH held AS (
    SELECT p.session, count(*) AS messages, sum(m.role = 'user') AS users, sum(m.role = 'assistant') AS assistants
    FROM places p JOIN messages m ON m.id = p.message GROUP BY p.session
), called AS (
    SELECT session, count(*) AS calls FROM tool_calls GROUP BY session
), asked AS (
    SELECT session, count(*) AS exchanges,
        sum(ended_at IS NOT NULL AND (ending != 'complete' OR coalesce(status, 0) >= 400 OR coalesce(error_message, '') != '')) AS errors,
        sum(coalesce(prompt_tokens, 0)) AS prompt, sum(coalesce(completion_tokens, 0)) AS completion,
        sum(coalesce(cached_tokens, 0)) AS cached, sum(coalesce(cost, 0)) AS cost,
        sum(ended_at IS NOT NULL AND cost IS NULL AND completion_tokens IS NOT NULL) AS unpriced
    FROM exchanges WHERE session IS NOT NULL GROUP BY session
), noted AS (
    SELECT session, sum(type = 'tool_call') AS calls, sum(type = 'error') AS errors, sum(type = 'decision') AS decisions
    FROM posted GROUP BY session
), sums AS (
    SELECT s.id AS session, coalesce(a.exchanges, 0) AS exchanges, coalesce(h.messages, 0) AS messages,
        coalesce(h.users, 0) AS users, coalesce(h.assistants, 0) AS assistants, coalesce(c.calls, 0) + coalesce(n.calls, 0) AS calls,
        coalesce(a.errors, 0) + coalesce(n.errors, 0) AS errors, coalesce(n.decisions, 0) AS decisions, coalesce(a.prompt, 0) AS prompt, coalesce(a.completion, 0) AS completion,
        coalesce(a.cached, 0) AS cached, coalesce(a.cost, 0) AS cost, coalesce(a.unpriced, 0) AS unpriced
    FROM sessions s LEFT JOIN held h ON h.session = s.id LEFT JOIN called c ON c.session = s.id
    LEFT JOIN asked a ON a.session = s.id LEFT JOIN noted n ON n.session = s.id
)
UPDATE sessions SET
    exchanges = sums.exchanges, messages = sums.messages, user_messages = sums.users, ai_messages = sums.assistants,
    tool_calls = sums.calls, errors = sums.errors, prompt_tokens = sums.prompt, completion_tokens = sums.completion,
    cached_tokens = sums.cached, cost = sums.cost, unpriced = sums.unpriced,
    decisions = sums.decisions
FROM sums WHERE sums.session = sessions.id AND (
    sessions.exchanges, sessions.messages, sessions.user_messages, sessions.ai_messages, sessions.tool_calls, sessions.errors,
    sessions.prompt_tokens, sessions.completion_tokens, sessions.cached_tokens, sessions.cost, sessions.unpriced,
    sessions.decisions
) IS NOT (
    sums.exchanges, sums.messages, sums.users, sums.assistants, sums.calls, sums.errors, sums.prompt, sums.completion,
    sums.cached, sums.cost, sums.unpriced, sums.decisions
);
