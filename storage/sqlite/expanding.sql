-- name: segment_at of an owner, or of anyone: with its last message, and the latest session that holds it
SELECT g.hash, g.digest, g.parent, g.first, g.beyond, g.level, g.tokens, g.text, g.summarizer, g.created_at, s.uid
FROM segments g CROSS JOIN messages m ON m.digest = g.digest CROSS JOIN places p ON p.message = m.id
CROSS JOIN sessions s ON s.id = p.session CROSS JOIN owners o ON o.id = s.owner
WHERE g.hash = ?1 AND (?2 IS NULL OR o.hash = ?2)
ORDER BY s.id IS g.session DESC, p.id DESC LIMIT 1;
-- name: stood_for the messages between two prefixes, in their order, as a session holds them
WITH RECURSIVE up (id, parent, depth) AS (
    SELECT id, parent, 1 FROM messages WHERE digest = ?1 AND digest != ?2
    UNION ALL
    SELECT m.id, m.parent, up.depth + 1 FROM up JOIN messages m ON m.id = up.parent WHERE m.digest != ?2
)
SELECT {message}
FROM up CROSS JOIN messages m ON m.id = up.id CROSS JOIN sessions s ON s.uid = ?3
CROSS JOIN places p ON p.message = m.id AND p.session = s.id CROSS JOIN exchanges e ON e.id = p.exchange
ORDER BY up.depth DESC;
