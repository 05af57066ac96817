-- name: weighed what compaction saved and what caches missed, of the exchanges that are to be counted next
-- An exchange goes on from the one that brought the message before its first new one: that is what a cache may hold.
WITH next AS (
    SELECT e.*, w.late, (
        WITH RECURSIVE up (message, exchange, steps) AS (
            SELECT e.tip, (SELECT exchange FROM places WHERE message = e.tip AND session = e.session), 0
            UNION ALL
            SELECT m.parent, (SELECT exchange FROM places WHERE message = m.parent AND session = e.session), up.steps + 1
            FROM up JOIN messages m ON m.id = up.message
            WHERE up.exchange = e.id AND m.parent IS NOT NULL AND up.steps < 1000
        )
        SELECT exchange FROM up WHERE exchange != e.id LIMIT 1
    ) AS earlier
    FROM ended w JOIN exchanges e ON e.id = w.id
    WHERE w.id <= ?1 AND e.status < 400
        AND (e.plan IS NOT NULL AND NOT w.late OR e.cached_tokens IS NOT NULL AND e.prompt_tokens >= 1024)
), told AS (
    SELECT date(n.at / 1000000, 'unixepoch') AS day, n.owner, n.provider, coalesce(nullif(n.sent_model, ''), n.model) AS model,
        n.plan IS NOT NULL AND NOT n.late AS compacted, coalesce(n.sent_tokens - n.forwarded_tokens, 0) AS saved,
        coalesce(n.prompt_tokens, 0) AS prompt, coalesce(n.cached_tokens, 0) AS cached,
        CASE WHEN p.provider = n.provider AND coalesce(nullif(p.answered_by, ''), p.model) = coalesce(nullif(n.answered_by, ''), n.model)
            THEN coalesce(p.prompt_tokens, 0) ELSE 0 END AS before,
        coalesce(p.sent_tokens - p.forwarded_tokens, 0) AS spared,
        CASE WHEN n.cached_tokens IS NULL THEN 0 ELSE min(n.prompt_tokens, coalesce(p.prompt_tokens, 0)) / 128 * 128 END AS due
    FROM next n LEFT JOIN exchanges p ON p.id = n.earlier
)
SELECT day, owner, provider, model, sum(compacted), sum(compacted * saved),
    sum(compacted * max(0, min(before + spared, prompt + saved) - cached)),
    sum(before > 0 AND due >= 1024 AND due - cached >= 128),
    sum(CASE WHEN before > 0 AND due >= 1024 AND due - cached >= 128 THEN due - cached ELSE 0 END)
FROM told GROUP BY day, owner, provider, model;
-- name: add_balance
INSERT INTO balances (day, owner, provider, model, compacted, saved, cacheable, misses, lost)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (day, owner, provider, model) DO UPDATE SET
    compacted = compacted + excluded.compacted, saved = saved + excluded.saved,
    cacheable = cacheable + excluded.cacheable, misses = misses + excluded.misses, lost = lost + excluded.lost;
-- name: take_name where its day knows a model no longer, what it saved and missed is nobody's
INSERT INTO balances (day, owner, provider, model, compacted, saved, cacheable, misses, lost)
SELECT day, owner, provider, '', compacted, saved, cacheable, misses, lost FROM balances
WHERE day = ?1 AND owner = ?2 AND provider = ?3 AND model = ?4 AND ?4 != '' AND NOT EXISTS (
    SELECT 1 FROM days d WHERE d.day = ?1 AND d.owner = ?2 AND d.provider = ?3 AND d.model = ?4
)
ON CONFLICT (day, owner, provider, model) DO UPDATE SET
    compacted = compacted + excluded.compacted, saved = saved + excluded.saved,
    cacheable = cacheable + excluded.cacheable, misses = misses + excluded.misses, lost = lost + excluded.lost;
-- name: drop_name
DELETE FROM balances WHERE day = ?1 AND owner = ?2 AND provider = ?3 AND model = ?4 AND ?4 != '' AND NOT EXISTS (
    SELECT 1 FROM days d WHERE d.day = ?1 AND d.owner = ?2 AND d.provider = ?3 AND d.model = ?4
);
-- name: balances of an owner, or of all, since a day
SELECT b.day, b.owner, b.provider, b.model, b.compacted, b.saved, b.cacheable, b.misses, b.lost
FROM balances b WHERE (?1 IS NULL OR b.owner = (SELECT id FROM owners WHERE hash = ?1)) AND b.day >= ?2;
-- name: owner
SELECT id FROM owners WHERE hash = ?;
