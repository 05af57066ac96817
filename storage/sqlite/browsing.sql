-- name: leaf sessions, latest first, among the first so many of their owner's
SELECT s.id, {session}
FROM (
    SELECT * FROM sessions
    WHERE updated_at <= ?8 AND updated_at >= ?7 AND (?9 IS NULL OR (updated_at, id) < (?9, ?10))
        AND (?1 IS NULL OR owner = (SELECT id FROM owners WHERE hash = ?1))
    ORDER BY updated_at DESC, id DESC LIMIT ?11
) s LEFT JOIN sessions p ON p.id = s.parent
WHERE s.owner != 0 AND (?2 = '' OR s.model = ?2)
    AND (?3 = '' OR instr(lower(s.user_agent), lower(?3)) > 0) AND (?4 = '' OR instr(s.tags, ?4) > 0)
    AND (?5 = 0 OR s.errors > 0)
ORDER BY s.updated_at DESC, s.id DESC LIMIT ?6;
-- name: leaf_end the last of the first so many
SELECT updated_at, id FROM sessions
WHERE updated_at <= ?2 AND updated_at >= ?1 AND (?3 IS NULL OR (updated_at, id) < (?3, ?4))
    AND (?6 IS NULL OR owner = (SELECT id FROM owners WHERE hash = ?6))
ORDER BY updated_at DESC, id DESC LIMIT 1 OFFSET ?5;
-- name: changed_at the latest activity
SELECT coalesce(max(updated_at), 0) FROM sessions;
-- name: outline a session's tree
SELECT m.id, coalesce(m.parent, 0)
FROM sessions s JOIN places p ON p.session = s.id JOIN messages m ON m.id = p.message
WHERE s.uid = ? ORDER BY p.id;
-- name: messages some of a session
SELECT {message}
FROM sessions s CROSS JOIN json_each(?2) j CROSS JOIN places p ON p.message = j.value AND p.session = s.id
CROSS JOIN messages m ON m.id = p.message CROSS JOIN exchanges e ON e.id = p.exchange
WHERE s.uid = ?1 ORDER BY p.id;
-- name: body of a message of a session
SELECT m.body FROM sessions s JOIN places p ON p.session = s.id JOIN messages m ON m.id = p.message WHERE s.uid = ?1 AND p.message = ?2;
-- name: calls some of a session
SELECT {call}
FROM sessions s JOIN tool_calls t ON t.session = s.id
WHERE s.uid = ?1 AND (t.message IN (SELECT value FROM json_each(?2)) OR t.result IN (SELECT value FROM json_each(?2)))
ORDER BY t.id;
-- name: exchanges some of a session
SELECT {exchange}
FROM sessions s JOIN exchanges e ON e.session = s.id
WHERE s.uid = ?1 AND (
    e.answer IN (SELECT value FROM json_each(?2))
    OR (e.answer IS NULL AND coalesce(e.tip, 0) IN (SELECT value FROM json_each(?2)))
)
ORDER BY e.id;
-- name: size of the store
SELECT (SELECT max(number) FROM migrations), (SELECT coalesce(max(id), 0) FROM sessions), message,
    (SELECT coalesce(max(id), 0) FROM messages), (SELECT coalesce(sum(exchanges), 0) FROM gaps)
FROM indexed;
-- name: running exchanges of a session that are open
SELECT e.id, e.uid, e.at, e.dialect, e.model, e.stream, coalesce(e.tip, 0)
FROM exchanges e JOIN sessions s ON s.id = e.session
WHERE e.ended_at IS NULL AND e.run IS NOT NULL AND s.uid = ?1 ORDER BY e.id;
-- name: checkpoints of an exchange
SELECT data FROM checkpoints WHERE exchange = ? ORDER BY number;
