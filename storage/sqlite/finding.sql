-- name: named a client's session, by its name or by its id
SELECT id, uid FROM sessions WHERE owner = ?1 AND (name = ?2 OR uid = ?3) ORDER BY name IS ?2 DESC LIMIT 1;
-- name: missed an exchange with this body that ended unanswered
SELECT e.uid, s.uid, m.digest FROM exchanges e JOIN sessions s ON s.id = e.session AND s.owner = e.owner LEFT JOIN messages m ON m.id = e.tip
WHERE e.owner = ?1 AND e.body_hash = ?2 AND e.ended_at IS NOT NULL AND e.answer IS NULL AND e.parsed = 1 AND e.retried = 0
    AND (e.handle IS NULL OR e.ending != 'complete') AND (?3 IS NULL OR e.session = ?3)
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
-- name: marked the latest sessions with such an answer, each with its latest; none where it is so common that it tells nothing
WITH held AS MATERIALIZED (
    SELECT p.id, p.session FROM landmarks l JOIN places p ON p.message = l.message AND p.relayed = 1
    WHERE l.digest = ?3 AND (?2 IS NULL OR p.session = ?2) LIMIT 1000
)
SELECT s.uid, m.digest, p.continued, s.system, s.updated_at, m.lone
FROM (SELECT max(id) AS id FROM held GROUP BY session ORDER BY 1 DESC LIMIT 10) latest
JOIN places p ON p.id = latest.id JOIN messages m ON m.id = p.message JOIN sessions s ON s.id = p.session
WHERE s.owner = ?1 AND (SELECT count(*) FROM held) < 1000 ORDER BY p.id DESC;
-- name: marked_both the same of those that also hold an answer with another landmark
WITH held AS MATERIALIZED (
    SELECT p.id, p.session FROM landmarks l JOIN places p ON p.message = l.message AND p.relayed = 1
    WHERE l.digest = ?3 AND (?2 IS NULL OR p.session = ?2) LIMIT 1000
)
SELECT s.uid, m.digest, p.continued, s.system, s.updated_at, m.lone FROM (
    SELECT max(id) AS id FROM held WHERE EXISTS (
        SELECT 1 FROM landmarks k JOIN places q ON q.message = k.message AND q.session = held.session AND q.relayed = 1
        WHERE k.digest = ?4
    )
    GROUP BY session ORDER BY 1 DESC LIMIT 10
) latest
JOIN places p ON p.id = latest.id JOIN messages m ON m.id = p.message JOIN sessions s ON s.id = p.session
WHERE s.owner = ?1 AND (SELECT count(*) FROM held) < 1000 ORDER BY p.id DESC;
-- name: marked_after the same where the answer's question came right after an answer with another landmark
WITH held AS MATERIALIZED (
    SELECT p.id, p.session FROM landmarks k CROSS JOIN messages question ON question.parent = k.message
    CROSS JOIN messages m ON m.parent = question.id CROSS JOIN landmarks l ON l.digest = ?3 AND l.message = m.id
    CROSS JOIN places p ON p.message = m.id AND p.relayed = 1
    WHERE k.digest = ?4 AND (?2 IS NULL OR p.session = ?2) LIMIT 1000
)
SELECT s.uid, m.digest, p.continued, s.system, s.updated_at, m.lone
FROM (SELECT max(id) AS id FROM held GROUP BY session ORDER BY 1 DESC LIMIT 10) latest
JOIN places p ON p.id = latest.id JOIN messages m ON m.id = p.message JOIN sessions s ON s.id = p.session
WHERE s.owner = ?1 AND (SELECT count(*) FROM held) < 1000 ORDER BY p.id DESC;
-- name: broken the latest answers to a message that their clients broke off, and that begin with a certain text
WITH answers AS MATERIALIZED (
    SELECT m.id, m.digest, m.text, m.lone FROM messages q CROSS JOIN messages m ON m.parent = q.id
    WHERE q.digest = ?3 ORDER BY m.id DESC LIMIT 100
)
SELECT s.uid, a.digest, p.continued, s.system, s.updated_at, a.lone FROM answers a
CROSS JOIN places p ON p.message = a.id AND p.relayed = 1
CROSS JOIN exchanges e ON e.id = p.exchange AND e.ending = 'client_gone' CROSS JOIN sessions s ON s.id = p.session
WHERE substr(ltrim(a.text, char(9, 10, 13, 32)), 1, length(?4)) = ?4 AND s.owner = ?1 AND (?2 IS NULL OR s.id = ?2)
ORDER BY p.id DESC LIMIT 10;
-- name: held the exchange whose reply has a handle, as it stands in its session or in a certain one
SELECT e.uid, s.uid, coalesce(a.digest, t.digest), t.digest, t.lone, p.continued, e.answer IS NOT NULL OR e.error_message != ''
FROM exchanges e LEFT JOIN messages a ON a.id = e.answer LEFT JOIN messages t ON t.id = e.tip
LEFT JOIN sessions s ON s.id = coalesce(?3, e.session) AND s.owner = e.owner
LEFT JOIN places p ON p.message = coalesce(e.answer, e.tip) AND p.session = s.id
WHERE e.owner = ?1 AND e.handle = ?2 ORDER BY e.id DESC LIMIT 1;
-- name: reached the latest exchange of a session
SELECT e.uid, s.uid, coalesce(a.digest, t.digest), t.digest, t.lone, p.continued, e.answer IS NOT NULL OR e.error_message != ''
FROM exchanges e JOIN sessions s ON s.id = e.session
LEFT JOIN messages a ON a.id = e.answer LEFT JOIN messages t ON t.id = e.tip
LEFT JOIN places p ON p.message = coalesce(e.answer, e.tip) AND p.session = s.id
WHERE e.session = ?1 AND e.parsed = 1 ORDER BY e.id DESC LIMIT 1;
