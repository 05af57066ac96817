-- name: waiting the exchanges that are to be counted, up to one
SELECT w.late, e.at, e.ended_at, e.first_byte_at, e.owner, e.provider, e.model,
    e.user_agent, e.ending != 'complete' OR e.status >= 400 OR e.error_message != '', coalesce(e.prompt_tokens, 0),
    coalesce(e.completion_tokens, 0), coalesce(e.cached_tokens, 0), coalesce(e.cost, 0),
    e.cost IS NULL AND e.completion_tokens IS NOT NULL
FROM ended w JOIN exchanges e ON e.id = w.id WHERE w.id <= ?1;
-- name: counted an exchange that was taken in
SELECT 0, e.at, e.ended_at, e.first_byte_at, e.owner, e.provider, e.model,
    e.user_agent, e.ending != 'complete' OR e.status >= 400 OR e.error_message != '', coalesce(e.prompt_tokens, 0),
    coalesce(e.completion_tokens, 0), coalesce(e.cached_tokens, 0), coalesce(e.cost, 0),
    e.cost IS NULL AND e.completion_tokens IS NOT NULL
FROM exchanges e WHERE e.id = ?1 AND e.ended_at IS NOT NULL AND e.id <= (SELECT exchange FROM indexed) AND NOT EXISTS (
    SELECT 1 FROM waiting WHERE source = 1 AND row = ?1 AND late = 0
);
-- name: drop_empty_spreads of a day under a name
DELETE FROM spreads WHERE (day, exchanges <= 0) IN (
    SELECT id, 1 FROM days WHERE day = ?1 AND owner = ?2 AND provider = ?3 AND model = ?4 AND app = ?5
) OR day IN (
    SELECT id FROM days WHERE day = ?1 AND owner = ?2 AND provider = ?3 AND model = ?4 AND app = ?5 AND requests <= 0
);
-- name: drop_empty_day under a name
DELETE FROM days WHERE day = ? AND owner = ? AND provider = ? AND model = ? AND app = ? AND requests <= 0;
-- name: next_mark up to which exchange those that ended are counted next
SELECT min(exchange + ?1, (SELECT coalesce(max(id), 0) FROM exchanges)) FROM indexed;
-- name: drop_waiting those that were taken in
DELETE FROM waiting WHERE source = 1 AND row <= ?1 AND (SELECT ended_at FROM exchanges WHERE id = row) IS NOT NULL;
-- name: let_running_wait those that had not ended
INSERT INTO waiting (source, row)
SELECT 1, id FROM exchanges WHERE id > (SELECT exchange FROM indexed) AND id <= ?1 AND ended_at IS NULL;
-- name: set_counted
UPDATE indexed SET exchange = ?1 WHERE exchange < ?1;
-- name: add_day
INSERT INTO days (
    day, owner, provider, model, app, requests, errors, prompt_tokens, completion_tokens, cached_tokens, cost, unpriced
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (day, owner, provider, model, app) DO UPDATE SET
    requests = requests + excluded.requests, errors = errors + excluded.errors,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    cached_tokens = cached_tokens + excluded.cached_tokens, cost = cost + excluded.cost,
    unpriced = unpriced + excluded.unpriced
RETURNING id;
-- name: add_spread
INSERT INTO spreads (day, measure, step, exchanges) VALUES (?, ?, ?, ?)
ON CONFLICT (day, measure, step) DO UPDATE SET exchanges = exchanges + excluded.exchanges;
-- name: days of an owner, or of all, from one to another
SELECT d.id, d.day, d.model, d.provider, lower(hex(o.hash)), d.app, d.requests, d.errors, d.prompt_tokens,
    d.completion_tokens, d.cached_tokens, d.cost, d.unpriced
FROM days d JOIN owners o ON o.id = d.owner
WHERE (?1 IS NULL OR o.hash = ?1) AND d.day >= ?2 AND d.day <= ?3 ORDER BY d.day, d.id;
-- name: spreads of these days
SELECT s.day, s.measure, s.step, s.exchanges
FROM days d JOIN owners o ON o.id = d.owner JOIN spreads s ON s.day = d.id
WHERE (?1 IS NULL OR o.hash = ?1) AND d.day >= ?2 AND d.day <= ?3;
-- name: owner_hash
SELECT lower(hex(hash)) FROM owners WHERE id = ?;
