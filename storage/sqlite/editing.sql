-- name: add_owner
INSERT INTO owners (hash, created_at) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING;
-- name: create
INSERT INTO sessions (uid, owner, name, parent, title, tags, meta, created_at, updated_at)
SELECT ?1, o.id, ?3, (SELECT p.id FROM sessions p WHERE p.owner = o.id AND p.uid = ?4), ?5, ?6, ?7, ?8, ?8
FROM owners o WHERE o.hash = ?2 ON CONFLICT DO NOTHING;
-- name: adopt the sessions that awaited a new one as their parent, but for those above it
UPDATE sessions SET parent = ?1, awaits = NULL
WHERE owner = (SELECT owner FROM sessions WHERE id = ?1) AND awaits = ?2 AND id NOT IN (
    WITH RECURSIVE up (id) AS (
        SELECT ?1 UNION SELECT s.parent FROM up JOIN sessions s ON s.id = up.id WHERE s.parent IS NOT NULL
    )
    SELECT id FROM up
);
-- name: row of a session
SELECT id FROM sessions WHERE uid = ?;
-- name: amend what is said of a session; null stays
UPDATE sessions SET title = coalesce(?2, title), tags = coalesce(?3, tags), meta = coalesce(?4, meta) WHERE id = ?1;
-- name: set_parent
UPDATE sessions SET parent = ?2, awaits = NULL WHERE id = ?1;
-- name: is_below whether a session is another one or stands below it
WITH RECURSIVE up (id) AS (SELECT ?1 UNION SELECT s.parent FROM up JOIN sessions s ON s.id = up.id WHERE s.parent IS NOT NULL)
SELECT 1 FROM up WHERE id = ?2;
-- name: join_flags of messages that both sessions hold
UPDATE places SET relayed = max(places.relayed, o.relayed), continued = max(places.continued, o.continued)
FROM (SELECT message, session, relayed, continued FROM places WHERE session IN (?1, ?2)) AS o
WHERE places.session IN (?1, ?2) AND o.message = places.message AND o.session != places.session;
-- name: drop_twins the later place of a message that both sessions hold
DELETE FROM places WHERE session IN (?1, ?2) AND EXISTS (
    SELECT 1 FROM places o WHERE o.message = places.message AND o.session IN (?1, ?2) AND o.id < places.id
);
-- name: move_places
UPDATE places SET session = ?1 WHERE session = ?2;
-- name: move_exchanges
UPDATE exchanges SET session = ?1 WHERE session = ?2;
-- name: move_calls
UPDATE tool_calls SET session = ?1 WHERE session = ?2;
-- name: move_posted
UPDATE posted SET session = ?1 WHERE session = ?2;
-- name: move_children
UPDATE sessions SET parent = CASE WHEN id = ?1 THEN (SELECT nullif(parent, ?1) FROM sessions WHERE id = ?2) ELSE ?1 END
WHERE parent = ?2;
-- name: move_planned
UPDATE OR IGNORE planned SET session = ?1 WHERE session = ?2;
-- name: drop_planned
DELETE FROM planned WHERE session = ?;
-- name: move_segments
UPDATE segments SET session = ?1 WHERE session = ?2;
-- name: move_closings
UPDATE closings SET session = ?1 WHERE session = ?2;
-- name: move_uses
UPDATE OR IGNORE uses SET holder = ?1 WHERE holder = ?2;
-- name: drop_uses those that the other session has, too
DELETE FROM uses WHERE holder = ?;
-- name: said what two sessions are called
SELECT name, title, tags, meta FROM sessions WHERE id IN (?1, ?2) ORDER BY id != ?1;
-- name: drop_session
DELETE FROM sessions WHERE id = ?;
-- name: rename what a session is called after a merge
UPDATE sessions SET name = ?2, title = ?3, tags = ?4, meta = ?5 WHERE id = ?1;
-- name: recount a session's sums from what it holds
UPDATE sessions SET
    exchanges = (SELECT count(*) FROM exchanges e WHERE e.session = sessions.id),
    messages = (SELECT count(*) FROM places p WHERE p.session = sessions.id),
    user_messages = (SELECT count(*) FROM places p JOIN messages m ON m.id = p.message WHERE p.session = sessions.id AND m.role = 'user'),
    ai_messages = (SELECT count(*) FROM places p JOIN messages m ON m.id = p.message WHERE p.session = sessions.id AND m.role = 'assistant'),
    tool_calls = (SELECT count(*) FROM tool_calls t WHERE t.session = sessions.id)
        + (SELECT count(*) FROM posted n WHERE n.session = sessions.id AND n.type = 'tool_call'),
    errors = (
        SELECT count(*) FROM exchanges e WHERE e.session = sessions.id
            AND e.ended_at IS NOT NULL AND (e.ending != 'complete' OR e.status >= 400 OR e.error_message != '')
    ) + (SELECT count(*) FROM posted n WHERE n.session = sessions.id AND n.type = 'error'),
    decisions = (SELECT count(*) FROM posted n WHERE n.session = sessions.id AND n.type = 'decision'),
    prompt_tokens = (SELECT coalesce(sum(e.prompt_tokens), 0) FROM exchanges e WHERE e.session = sessions.id),
    completion_tokens = (SELECT coalesce(sum(e.completion_tokens), 0) FROM exchanges e WHERE e.session = sessions.id),
    cached_tokens = (SELECT coalesce(sum(e.cached_tokens), 0) FROM exchanges e WHERE e.session = sessions.id),
    cost = (SELECT coalesce(sum(e.cost), 0) FROM exchanges e WHERE e.session = sessions.id),
    unpriced = (SELECT count(*) FROM exchanges e WHERE e.session = sessions.id AND e.cost IS NULL AND e.completion_tokens IS NOT NULL),
    created_at = min(created_at, coalesce((SELECT min(e.at) FROM exchanges e WHERE e.session = sessions.id), created_at)),
    updated_at = max(
        created_at, coalesce((SELECT max(coalesce(e.ended_at, e.at)) FROM exchanges e WHERE e.session = sessions.id), 0),
        coalesce((SELECT max(n.at) FROM posted n WHERE n.session = sessions.id), 0)
    )
WHERE id = ?1;
-- name: below the messages of a session from one on
INSERT INTO temp.moved
WITH RECURSIVE down (id) AS (
    SELECT p.message FROM places p WHERE p.message = ?2 AND p.session = ?1
    UNION SELECT m.id FROM down JOIN messages m ON m.parent = down.id JOIN places p ON p.message = m.id AND p.session = ?1
)
SELECT id FROM down;
-- name: remaining whether a session holds a message that isn't moved
SELECT 1 FROM places WHERE session = ? AND message NOT IN (SELECT id FROM temp.moved) LIMIT 1;
-- name: halve a new session out of another one
INSERT INTO sessions (uid, owner, title, user_agent, model, system, created_at, updated_at)
SELECT ?2, s.owner, coalesce((
        SELECT substr(m.text, 1, 80) FROM temp.moved v JOIN messages m ON m.id = v.id
        WHERE m.role = 'user' AND m.text IS NOT NULL ORDER BY m.id LIMIT 1
    ), ''), s.user_agent, s.model, s.system,
    (SELECT min(e.at) FROM temp.moved v JOIN places p ON p.message = v.id AND p.session = s.id JOIN exchanges e ON e.id = p.exchange), 0
FROM sessions s WHERE s.id = ?1;
-- name: share what stands before a message, and it with all that follows it, in the order in which they came
WITH RECURSIVE up (id) AS (
    SELECT parent FROM messages WHERE id = ?3
    UNION SELECT m.parent FROM up JOIN messages m ON m.id = up.id WHERE m.parent IS NOT NULL
)
INSERT INTO places (session, message, exchange, relayed, continued)
SELECT ?2, message, exchange, relayed, continued FROM places
WHERE session = ?1 AND (message IN (SELECT id FROM up) OR message IN (SELECT id FROM temp.moved)) ORDER BY id;
-- name: leave
DELETE FROM places WHERE session = ? AND message IN (SELECT id FROM temp.moved);
-- name: uncontinue a message that nothing follows any more
UPDATE places SET continued = 0
WHERE session = ?1 AND message = (SELECT parent FROM messages WHERE id = ?2) AND NOT EXISTS (
    SELECT 1 FROM messages m JOIN places p ON p.message = m.id AND p.session = ?1 WHERE m.parent = places.message
);
-- name: take_exchanges
UPDATE exchanges SET session = ?2
WHERE session = ?1 AND (tip IN (SELECT id FROM temp.moved) OR answer IN (SELECT id FROM temp.moved));
-- name: take_calls
UPDATE tool_calls SET session = ?2 WHERE session = ?1 AND message IN (SELECT id FROM temp.moved);
-- name: take_segments of a history that the session holds no longer
UPDATE segments SET session = ?2 WHERE session = ?1 AND NOT EXISTS (
    SELECT 1 FROM messages m JOIN places p ON p.message = m.id AND p.session = ?1 WHERE m.digest = segments.digest
);
-- name: take_closings of such a history
UPDATE closings SET session = ?2 WHERE session = ?1 AND NOT EXISTS (
    SELECT 1 FROM messages m JOIN places p ON p.message = m.id AND p.session = ?1 WHERE m.digest = closings.digest
);
-- name: plans of a session's exchanges
SELECT plan FROM exchanges WHERE session = ? AND plan IS NOT NULL;
-- name: copy_planned texts of plans that came to a session
INSERT OR IGNORE INTO planned (session, hash, packed, data)
SELECT ?2, hash, packed, data FROM planned WHERE session = ?1 AND hash = ?3;
-- name: planned texts of a session's plans
SELECT hash FROM planned WHERE session = ?;
-- name: drop_text
DELETE FROM planned WHERE session = ? AND hash = ?;
