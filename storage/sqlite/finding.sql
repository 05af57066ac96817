-- name: named a client's session, by its name or by its id
SELECT id, uid FROM sessions WHERE owner = ?1 AND (name = ?2 OR uid = ?3) ORDER BY name IS ?2 DESC LIMIT 1;
-- name: missed an exchange with this body that ended unanswered
SELECT e.uid, s.uid, m.digest FROM exchanges e JOIN sessions s ON s.id = e.session LEFT JOIN messages m ON m.id = e.tip
WHERE e.owner = ?1 AND e.body_hash = ?2 AND e.ended_at IS NOT NULL AND e.answer IS NULL AND e.parsed = 1 AND e.retried = 0
    AND (?3 IS NULL OR e.session = ?3)
ORDER BY e.id DESC LIMIT 1;
-- name: anchored the latest sessions that hold an answer which was relayed to them
SELECT s.uid, m.digest, p.continued, s.system, s.updated_at, m.lone FROM messages m
JOIN places p ON p.message = m.id AND p.relayed = 1 JOIN sessions s ON s.id = p.session
WHERE m.digest = ?3 AND s.owner = ?1 AND (?2 IS NULL OR s.id = ?2)
ORDER BY p.id DESC LIMIT 100;
-- name: anchored_next the latest session that holds such an answer and a certain message after it
SELECT s.uid, m.digest, p.continued, s.system, s.updated_at, m.lone FROM messages m
JOIN messages n ON n.digest = ?4
JOIN places p ON p.message = m.id AND p.relayed = 1 JOIN places q ON q.message = n.id AND q.session = p.session
JOIN sessions s ON s.id = p.session
WHERE m.digest = ?3 AND s.owner = ?1 AND (?2 IS NULL OR s.id = ?2)
ORDER BY p.id DESC LIMIT 1;
-- name: anchored_any a session that holds a message at all
SELECT s.uid, m.digest, p.continued, s.system, s.updated_at, m.lone FROM messages m
JOIN places p ON p.message = m.id JOIN sessions s ON s.id = p.session
WHERE m.digest = ?3 AND s.owner = ?1 AND s.id = ?2;
-- name: marked the sessions that hold an answer with this landmark
SELECT s.uid, m.digest, p.continued, s.system, s.updated_at, m.lone FROM landmarks l JOIN messages m ON m.id = l.message
JOIN places p ON p.message = m.id AND p.relayed = 1 JOIN sessions s ON s.id = p.session
WHERE l.digest = ?3 AND s.owner = ?1 AND (?2 IS NULL OR s.id = ?2)
ORDER BY p.id DESC LIMIT 10;
