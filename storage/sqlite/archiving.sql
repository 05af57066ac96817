-- name: owners
SELECT hash, created_at FROM owners WHERE ?1 IS NULL OR id IN (SELECT value FROM json_each(?1)) ORDER BY id;
-- name: blobs
SELECT hash, kind, packed, data FROM blobs WHERE ?1 IS NULL OR id IN (SELECT value FROM json_each(?1)) ORDER BY id;
-- name: sessions
SELECT s.uid, o.hash AS owner, s.name, p.uid AS parent, s.title, s.tags, s.meta, s.user_agent, s.model, s.system, s.created_at,
    s.awaits, s.updated_at, s.exchanges, s.messages, s.user_messages, s.ai_messages, s.tool_calls, s.errors, s.prompt_tokens,
    s.completion_tokens, s.cached_tokens, s.cost, s.unpriced, s.decisions
FROM sessions s JOIN owners o ON o.id = s.owner LEFT JOIN sessions p ON p.id = s.parent
WHERE ?1 IS NULL OR s.id IN (SELECT value FROM json_each(?1)) ORDER BY s.id;
-- name: messages
SELECT m.digest, p.digest AS parent, m.role, m.body, m.text, m.tokens, m.lone
FROM messages m LEFT JOIN messages p ON p.id = m.parent
WHERE ?1 IS NULL OR m.id IN (SELECT value FROM json_each(?1)) ORDER BY m.id;
-- name: landmarks
SELECT l.digest, m.digest AS message FROM landmarks l JOIN messages m ON m.id = l.message
WHERE ?1 IS NULL OR l.message IN (SELECT value FROM json_each(?1)) ORDER BY m.id, l.digest;
-- name: prompts
SELECT q.digest, p.digest AS parent, q.items FROM prompts q LEFT JOIN prompts p ON p.id = q.parent
WHERE ?1 IS NULL OR q.id IN (SELECT value FROM json_each(?1)) ORDER BY q.id;
-- name: exchanges
SELECT e.uid, o.hash AS owner, s.uid AS session, e.match, e.run, e.at, e.ended_at, e.first_byte_at, e.method, e.path, e.dialect,
    e.provider, e.model, e.answered_by, e.stream, e.parsed, e.status, e.sent_model, e.handle, e.reply_id, e.forwarded_hash, e.adds_usage, e.asked, e.said, e.cache_written_tokens, e.ending, e.finish_reason, e.upstream_id, e.user_agent,
    e.body_hash, e.body_bytes, e.reply_hash, e.reply_bytes, e.prompt_tokens, e.completion_tokens, e.cached_tokens,
    e.reasoning_tokens, e.usage_source, e.cost, e.error_type, e.error_code, e.error_message, e.error_body, e.malformed,
    e.retry_of, t.digest AS tip, e.retried, a.digest AS answer, e.answers, q.digest AS prompt, e.residue, e.tools, e.system,
    e.reply_residue, e.logprobs, e.raw, e.confidence, e.plan, e.sent_tokens, e.forwarded_tokens
FROM exchanges e JOIN owners o ON o.id = e.owner LEFT JOIN sessions s ON s.id = e.session
LEFT JOIN messages t ON t.id = e.tip LEFT JOIN messages a ON a.id = e.answer LEFT JOIN prompts q ON q.id = e.prompt
WHERE ?1 IS NULL OR e.id IN (SELECT value FROM json_each(?1)) ORDER BY e.id;
-- name: attempts
SELECT e.uid AS exchange, a.number, a.provider, a.started_at, a.ended_at, a.status, a.error
FROM attempts a JOIN exchanges e ON e.id = a.exchange
WHERE ?1 IS NULL OR e.id IN (SELECT value FROM json_each(?1)) ORDER BY e.id, a.number;
-- name: checkpoints
SELECT e.uid AS exchange, c.number, c.data FROM checkpoints c JOIN exchanges e ON e.id = c.exchange
WHERE ?1 IS NULL OR e.id IN (SELECT value FROM json_each(?1)) ORDER BY e.id, c.number;
-- name: places
SELECT s.uid AS session, m.digest AS message, e.uid AS exchange, p.relayed, p.continued
FROM places p JOIN sessions s ON s.id = p.session JOIN messages m ON m.id = p.message JOIN exchanges e ON e.id = p.exchange
WHERE ?1 IS NULL OR s.id IN (SELECT value FROM json_each(?1)) ORDER BY p.id;
-- name: tool_calls
SELECT s.uid AS session, c.call_id, c.name, c.arguments, m.digest AS message, c.called_at, r.digest AS result, c.returned_at,
    c.ok, row_number() OVER (PARTITION BY c.session, c.message, c.call_id ORDER BY c.id) - 1 AS number
FROM tool_calls c JOIN sessions s ON s.id = c.session JOIN messages m ON m.id = c.message LEFT JOIN messages r ON r.id = c.result
WHERE ?1 IS NULL OR s.id IN (SELECT value FROM json_each(?1)) ORDER BY c.id;
-- name: posted what didn't come over the wire
SELECT q.uid, s.uid AS session, q.at, q.type, q.source, q.text, q.name, q.rationale, q.arguments, q.result, q.ok, q.confidence
FROM posted q JOIN sessions s ON s.id = q.session
WHERE ?1 IS NULL OR s.id IN (SELECT value FROM json_each(?1)) ORDER BY q.id;
-- name: segments
SELECT g.hash, s.uid AS session, g.digest, g.parent, g.first, g.beyond, g.level, g.tokens, g.text, g.summarizer, g.packed,
    g.data, g.created_at
FROM segments g LEFT JOIN sessions s ON s.id = g.session
WHERE ?1 IS NULL OR g.id IN (SELECT value FROM json_each(?1)) ORDER BY g.id;
-- name: closings
SELECT c.digest, c.threshold, s.uid AS session, c.created_at, c.packed, c.data, c.segments
FROM closings c LEFT JOIN sessions s ON s.id = c.session
WHERE ?1 IS NULL OR c.session IN (SELECT value FROM json_each(?1)) ORDER BY c.digest, c.threshold;
-- name: planned
SELECT s.uid AS session, p.hash, p.packed, p.data FROM planned p JOIN sessions s ON s.id = p.session
WHERE ?1 IS NULL OR s.id IN (SELECT value FROM json_each(?1)) ORDER BY s.id, p.hash;
-- name: gaps of the whole store; a part of it has none
SELECT at, exchanges, reason FROM gaps WHERE ?1 IS NULL ORDER BY at, exchanges, reason;
-- name: chosen sessions
SELECT s.id, s.owner, s.system FROM sessions s JOIN owners o ON o.id = s.owner
WHERE (?1 = x'' OR s.uid = ?1) AND (?2 = x'' OR o.hash = ?2);
-- name: chosen_exchanges of sessions, and an owner's that belong to none
SELECT e.id, e.prompt, e.tip, e.answer, e.answers, e.residue, e.tools, e.system, e.raw, e.owner FROM exchanges e
WHERE e.session IN (SELECT value FROM json_each(?1))
    OR (?2 != x'' AND e.session IS NULL AND e.owner = (SELECT id FROM owners WHERE hash = ?2));
-- name: chosen_segments of sessions
SELECT id FROM segments WHERE session IN (SELECT value FROM json_each(?));
-- name: chosen_closings of sessions
SELECT segments FROM closings WHERE session IN (SELECT value FROM json_each(?));
-- name: chosen_prompts lists and those they go on from
WITH RECURSIVE up (id) AS (
    SELECT value FROM json_each(?1) UNION SELECT p.parent FROM up JOIN prompts p ON p.id = up.id WHERE p.parent IS NOT NULL
)
SELECT p.id, p.items FROM up JOIN prompts p ON p.id = up.id;
-- name: chosen_messages messages and those before them, with all that sessions hold
WITH RECURSIVE up (id) AS (
    SELECT value FROM json_each(?1)
    UNION SELECT message FROM places WHERE session IN (SELECT value FROM json_each(?2))
    UNION SELECT m.parent FROM up JOIN messages m ON m.id = up.id WHERE m.parent IS NOT NULL
)
SELECT id FROM up;
-- name: holed of some messages those with holes
SELECT body FROM messages WHERE id IN (SELECT value FROM json_each(?1)) AND instr(body, x'00') > 0;
-- name: blob_row
SELECT id, kind, packed, data FROM blobs WHERE hash = ?;
-- name: digest_of
SELECT digest FROM messages WHERE id = ?;
-- name: hash_of a segment
SELECT hash FROM segments WHERE id = ?;
-- name: segment_of
SELECT id FROM segments WHERE hash = ?;
-- name: row_of
SELECT id FROM messages WHERE digest = ?;
-- name: prompt_of
SELECT id FROM prompts WHERE digest = ?;
-- name: in_owners
INSERT INTO owners (hash, created_at) VALUES (:hash, :created_at) ON CONFLICT (hash) DO NOTHING;
-- name: in_blobs
INSERT INTO blobs (hash, kind, packed, data) VALUES (:hash, :kind, :packed, :data) ON CONFLICT (hash) DO NOTHING;
-- name: in_sessions of two states of a session the later one counts; a name that another session has is not given twice
INSERT INTO sessions (
    uid, owner, name, parent, title, tags, meta, user_agent, model, system, created_at, awaits, updated_at, exchanges, messages,
    user_messages, ai_messages, tool_calls, errors, prompt_tokens, completion_tokens, cached_tokens, cost, unpriced, decisions
)
SELECT :uid, o.id, CASE WHEN NOT EXISTS (SELECT 1 FROM sessions WHERE owner = o.id AND name = :name) THEN :name END,
    (SELECT id FROM sessions WHERE uid = :parent), :title, :tags, :meta, :user_agent, :model, :system, :created_at, :awaits, :updated_at,
    :exchanges, :messages, :user_messages, :ai_messages, :tool_calls, :errors, :prompt_tokens, :completion_tokens,
    :cached_tokens, :cost, :unpriced, :decisions
FROM owners o WHERE o.hash = :owner
ON CONFLICT (uid) DO UPDATE SET
    title = excluded.title, tags = excluded.tags, meta = excluded.meta, user_agent = excluded.user_agent,
    model = excluded.model, system = excluded.system, updated_at = excluded.updated_at, exchanges = excluded.exchanges,
    messages = excluded.messages, user_messages = excluded.user_messages, ai_messages = excluded.ai_messages,
    tool_calls = excluded.tool_calls, errors = excluded.errors, prompt_tokens = excluded.prompt_tokens,
    completion_tokens = excluded.completion_tokens, cached_tokens = excluded.cached_tokens, cost = excluded.cost,
    unpriced = excluded.unpriced, decisions = excluded.decisions
WHERE excluded.updated_at > sessions.updated_at;
-- name: in_messages
INSERT INTO messages (digest, parent, role, body, text, tokens, lone)
VALUES (:digest, (SELECT id FROM messages WHERE digest = :parent), :role, :body, :text, :tokens, :lone)
ON CONFLICT (digest) DO NOTHING;
-- name: in_landmarks
INSERT OR IGNORE INTO landmarks (digest, message) SELECT :digest, id FROM messages WHERE digest = :message;
-- name: mark the message of a new landmark
UPDATE messages SET marks = CAST(coalesce(marks, x'') || :digest AS BLOB) WHERE digest = :message;
-- name: in_prompts
INSERT INTO prompts (digest, parent, items) VALUES (:digest, (SELECT id FROM prompts WHERE digest = :parent), :items)
ON CONFLICT (digest) DO NOTHING;
-- name: in_exchanges an end may be brought to one that is open
INSERT INTO exchanges (
    uid, owner, session, match, run, at, ended_at, first_byte_at, method, path, dialect, provider, model, answered_by, stream,
    parsed, status, sent_model, handle, reply_id, forwarded_hash, adds_usage, asked, said, cache_written_tokens, ending, finish_reason, upstream_id, user_agent, body_hash, body_bytes, reply_hash, reply_bytes,
    prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, usage_source, cost, error_type, error_code,
    error_message, error_body, malformed, retry_of, tip, retried, answer, answers, prompt, residue, tools, system,
    reply_residue, logprobs, raw, confidence, plan, sent_tokens, forwarded_tokens
)
SELECT :uid, o.id, (SELECT id FROM sessions WHERE uid = :session), :match, :run, :at, :ended_at, :first_byte_at, :method, :path,
    :dialect, :provider, :model, :answered_by, :stream, :parsed, :status, :sent_model, :handle, :reply_id, :forwarded_hash, :adds_usage, :asked, :said,
    :cache_written_tokens, :ending, :finish_reason, :upstream_id, :user_agent,
    :body_hash, :body_bytes, :reply_hash, :reply_bytes, :prompt_tokens, :completion_tokens, :cached_tokens,
    :reasoning_tokens, :usage_source, :cost, :error_type, :error_code, :error_message, :error_body, :malformed, :retry_of,
    (SELECT id FROM messages WHERE digest = :tip), :retried, (SELECT id FROM messages WHERE digest = :answer), :answers,
    (SELECT id FROM prompts WHERE digest = :prompt), :residue, :tools, :system, :reply_residue, :logprobs, :raw,
    :confidence, :plan, :sent_tokens, :forwarded_tokens
FROM owners o WHERE o.hash = :owner
ON CONFLICT (uid) DO UPDATE SET
    ended_at = excluded.ended_at, first_byte_at = excluded.first_byte_at, answered_by = excluded.answered_by,
    status = excluded.status, ending = excluded.ending, finish_reason = excluded.finish_reason,
    upstream_id = excluded.upstream_id, reply_hash = excluded.reply_hash, reply_bytes = excluded.reply_bytes,
    prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens,
    cached_tokens = excluded.cached_tokens, reasoning_tokens = excluded.reasoning_tokens,
    usage_source = excluded.usage_source, cost = excluded.cost, error_type = excluded.error_type,
    error_code = excluded.error_code, error_message = excluded.error_message, error_body = excluded.error_body,
    malformed = excluded.malformed, handle = excluded.handle, reply_id = excluded.reply_id,
    forwarded_hash = excluded.forwarded_hash, adds_usage = excluded.adds_usage,
    said = excluded.said,
    cache_written_tokens = excluded.cache_written_tokens, sent_model = excluded.sent_model,
    provider = excluded.provider, answer = excluded.answer, answers = excluded.answers,
    reply_residue = excluded.reply_residue, logprobs = excluded.logprobs, raw = excluded.raw,
    confidence = excluded.confidence, plan = excluded.plan, sent_tokens = excluded.sent_tokens,
    forwarded_tokens = excluded.forwarded_tokens
WHERE exchanges.ended_at IS NULL AND excluded.ended_at IS NOT NULL;
-- name: in_attempts
INSERT OR IGNORE INTO attempts (exchange, number, provider, started_at, ended_at, status, error)
SELECT id, :number, :provider, :started_at, :ended_at, :status, :error FROM exchanges WHERE uid = :exchange;
-- name: in_checkpoints
INSERT OR IGNORE INTO checkpoints (exchange, number, data)
SELECT id, :number, :data FROM exchanges WHERE uid = :exchange AND ended_at IS NULL;
-- name: in_places
INSERT INTO places (session, message, exchange, relayed, continued)
SELECT s.id, m.id, e.id, :relayed, :continued FROM sessions s, messages m, exchanges e
WHERE s.uid = :session AND m.digest = :message AND e.uid = :exchange
ON CONFLICT (message, session) DO UPDATE SET
    relayed = max(places.relayed, excluded.relayed), continued = max(places.continued, excluded.continued);
-- name: in_tool_calls the same id may be called twice in one answer
INSERT INTO tool_calls (session, call_id, name, arguments, message, called_at, result, returned_at, ok)
SELECT s.id, :call_id, :name, :arguments, m.id, :called_at, (SELECT id FROM messages WHERE digest = :result), :returned_at, :ok
FROM sessions s, messages m WHERE s.uid = :session AND m.digest = :message AND (
    SELECT count(*) FROM tool_calls c WHERE c.session = s.id AND c.message = m.id AND c.call_id = :call_id
) <= :number;
-- name: in_posted
INSERT INTO posted (uid, session, at, type, source, text, name, rationale, arguments, result, ok, confidence)
SELECT :uid, id, :at, :type, :source, :text, :name, :rationale, :arguments, :result, :ok, :confidence
FROM sessions WHERE uid = :session ON CONFLICT (uid) DO NOTHING;
-- name: in_segments
INSERT INTO segments (
    hash, session, digest, parent, first, beyond, level, tokens, text, summarizer, packed, data, created_at
)
VALUES (
    :hash, (SELECT id FROM sessions WHERE uid = :session), :digest, :parent, :first, :beyond, :level, :tokens, :text,
    :summarizer, :packed, :data, :created_at
)
ON CONFLICT (hash) DO NOTHING;
-- name: in_closings
INSERT INTO closings (digest, threshold, session, created_at, packed, data, segments)
VALUES (:digest, :threshold, (SELECT id FROM sessions WHERE uid = :session), :created_at, :packed, :data, :segments)
ON CONFLICT (digest, threshold) DO NOTHING;
-- name: in_planned
INSERT INTO planned (session, hash, packed, data) SELECT id, :hash, :packed, :data FROM sessions WHERE uid = :session
ON CONFLICT (session, hash) DO NOTHING;
-- name: in_gaps
INSERT OR IGNORE INTO gaps (at, exchanges, reason) VALUES (:at, :exchanges, :reason);
-- name: known_owners
SELECT 1 FROM owners WHERE hash = ?;
-- name: known_sessions
SELECT 1 FROM sessions WHERE uid = ?;
-- name: known_exchanges
SELECT 1 FROM exchanges WHERE uid = ?;
-- name: known_messages
SELECT 1 FROM messages WHERE digest = ?;
-- name: known_prompts
SELECT 1 FROM prompts WHERE digest = ?;
