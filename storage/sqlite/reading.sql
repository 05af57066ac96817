-- name: sessions the latest
SELECT {session}
FROM sessions s LEFT JOIN sessions p ON p.id = s.parent
WHERE s.owner != 0 AND (?1 IS NULL OR s.owner = (SELECT id FROM owners WHERE hash = ?1)) ORDER BY s.updated_at DESC, s.id DESC LIMIT ?2;
-- name: session by its client's name, its id, or the start of its id
SELECT {session}
FROM sessions s LEFT JOIN sessions p ON p.id = s.parent
WHERE s.owner != 0 AND (?1 IS NULL OR s.owner = (SELECT id FROM owners WHERE hash = ?1)) AND s.id IN (
    SELECT id FROM sessions WHERE owner IN (SELECT id FROM owners) AND name = ?2
    UNION SELECT id FROM sessions WHERE uid = ?3
    UNION SELECT id FROM sessions WHERE uid >= ?4 AND uid < ?5
)
ORDER BY s.uid IS ?3 DESC, s.name IS ?2 DESC, s.updated_at DESC LIMIT 2;
-- name: children the sessions below one
SELECT {session}
FROM sessions s JOIN sessions p ON p.id = s.parent
WHERE p.uid = ?1 ORDER BY s.id;
-- name: messages of a session
SELECT {message}
FROM sessions s JOIN places p ON p.session = s.id JOIN messages m ON m.id = p.message
JOIN exchanges e ON e.id = p.exchange
WHERE s.uid = ? ORDER BY p.id;
-- name: calls of a session
SELECT {call}
FROM sessions s JOIN tool_calls t ON t.session = s.id WHERE s.uid = ? ORDER BY t.id;
-- name: exchanges of a session
SELECT {exchange}
FROM sessions s JOIN exchanges e ON e.session = s.id WHERE s.uid = ?1 ORDER BY e.id LIMIT ?2;
-- name: latest exchanges of the store
SELECT {exchange}
FROM exchanges e LEFT JOIN sessions s ON s.id = e.session ORDER BY e.id DESC LIMIT ?1;
-- name: rebuilt what a request's body is made from
SELECT e.prompt, r.packed, r.data FROM exchanges e JOIN blobs r ON r.hash = e.residue WHERE e.uid = ?;
-- name: lists a messages list and those it goes on from, last first
WITH RECURSIVE up (id, parent, items, depth) AS (
    SELECT id, parent, items, 0 FROM prompts WHERE id = ?1
    UNION ALL
    SELECT p.id, p.parent, p.items, up.depth + 1 FROM up JOIN prompts p ON p.id = up.parent
)
SELECT items FROM up ORDER BY depth DESC;
-- name: message_body
SELECT body FROM messages WHERE id = ?;
-- name: blob
SELECT packed, data FROM blobs WHERE hash = ?;
-- name: replied what a reply's body is made from
SELECT reply_residue, raw, answer, answers,
    CASE WHEN length(error_body) = reply_bytes THEN error_body END
FROM exchanges WHERE uid = ?;
-- name: issuer of the latest reply with a handle
SELECT e.provider FROM owners o JOIN exchanges e ON e.owner = o.id WHERE o.hash = ?1 AND e.handle = ?2 ORDER BY e.id DESC LIMIT 1;
-- name: attempts of an exchange
SELECT a.number, a.provider, a.started_at, a.ended_at, a.status, a.error
FROM exchanges e JOIN attempts a ON a.exchange = e.id WHERE e.uid = ? ORDER BY a.number;
-- name: totals of the store
SELECT (SELECT count(*) FROM sessions WHERE owner != 0), (SELECT count(*) FROM exchanges), (SELECT count(*) FROM messages),
    (SELECT count(*) FROM tool_calls),
    (SELECT count(*) FROM exchanges WHERE ending != 'complete' OR status >= 400 OR error_message != ''),
    (SELECT count(*) FROM running), (SELECT coalesce(sum(exchanges), 0) FROM gaps),
    (SELECT coalesce(min(at), 0) FROM exchanges), (SELECT coalesce(max(at), 0) FROM exchanges);
-- name: models what each was asked and cost
SELECT coalesce(nullif(model, ''), '-'), provider, count(*), sum(ending != 'complete' OR status >= 400 OR error_message != ''),
    coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0), coalesce(sum(cached_tokens), 0),
    coalesce(sum(cost), 0), sum(cost IS NULL AND completion_tokens IS NOT NULL)
FROM exchanges WHERE ended_at IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC;
-- name: open_runs processes with open exchanges
SELECT DISTINCT e.run FROM running JOIN exchanges e USING (id) WHERE e.run IS NOT NULL;
-- name: open_exchanges of a process
SELECT e.id, e.uid, o.hash, coalesce(s.uid, x''), e.at, e.dialect, e.model, e.stream, coalesce(m.digest, x''),
    coalesce(m.lone, x'')
FROM running JOIN exchanges e USING (id) JOIN owners o ON o.id = e.owner LEFT JOIN messages m ON m.id = e.tip
LEFT JOIN sessions s ON s.id = e.session
WHERE e.run = ?;
-- name: checkpoints of an exchange
SELECT data FROM checkpoints WHERE exchange = ? ORDER BY number;
-- name: secret the store's key
SELECT value FROM facts WHERE name = 'secret';
-- name: make_secret
INSERT OR IGNORE INTO facts (name, value) VALUES ('secret', ?);
-- name: state the version, how far the index has come, and what there is
SELECT (SELECT max(number) FROM migrations), message, (SELECT coalesce(max(id), 0) FROM messages) FROM indexed;
