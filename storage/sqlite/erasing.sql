-- name: leave a session that belongs to nobody is found by nobody, under no name and under no id that anybody knows
UPDATE sessions SET
    owner = 0, uid = randomblob(16), name = NULL, parent = NULL, awaits = NULL, title = '', tags = '[]', meta = '{}',
    user_agent = '', model = '', system = x''
WHERE uid = ?;
-- name: orphan sessions that were made from it have no parent
UPDATE sessions SET parent = NULL WHERE parent = (SELECT id FROM sessions WHERE uid = ?);
-- name: begin_wiping the files have to be cleaned
INSERT OR REPLACE INTO facts (name, value) VALUES ('unwiped', randomblob(16));
-- name: unwiped the latest erasure that the files have to be cleaned of
SELECT value FROM facts WHERE name = 'unwiped';
-- name: end_wiping unless there was another erasure
DELETE FROM facts WHERE name = 'unwiped' AND value = ?;
-- name: inactive sessions with no activity since a moment
SELECT uid FROM sessions WHERE updated_at < ? AND owner != 0 ORDER BY updated_at;
-- name: leaving
SELECT id, uid FROM sessions WHERE owner <= 0 LIMIT 1;
-- name: is_leaving
SELECT 1 FROM sessions WHERE id = ? AND uid = ? AND owner = 0;
-- name: placed the next message that a session holds
SELECT id, message FROM places WHERE session = ?1 AND id > ?2 ORDER BY id LIMIT 1;
-- name: adopt a message that others hold, too, by their own exchanges
UPDATE places SET exchange = coalesce((SELECT min(e.id) FROM exchanges e WHERE e.session = places.session), exchange)
WHERE message = ?1 AND session != ?2 AND EXISTS (SELECT 1 FROM exchanges e WHERE e.id = places.exchange AND e.session = ?2);
-- name: latest_exchange of a session
SELECT id, prompt FROM exchanges WHERE session = ? ORDER BY id DESC LIMIT 1;
-- name: first_alone of the exchanges that belong to no session, if it began before a moment
SELECT id, prompt FROM (SELECT id, prompt, at FROM exchanges WHERE session IS NULL ORDER BY id LIMIT 1) WHERE at < ?;
-- name: drop_attempts
DELETE FROM attempts WHERE exchange = ?;
-- name: drop_checkpoints
DELETE FROM checkpoints WHERE exchange = ?;
-- name: drop_exchange
DELETE FROM exchanges WHERE id = ?;
-- name: list with whether the session's own requests still end with it, and whether anything needs it
SELECT parent, items, EXISTS (SELECT 1 FROM exchanges WHERE prompt = ?1 AND session IS ?2),
    EXISTS (SELECT 1 FROM exchanges WHERE prompt = ?1) OR EXISTS (SELECT 1 FROM prompts WHERE parent = ?1)
FROM prompts WHERE id = ?1;
-- name: drop_list
DELETE FROM prompts WHERE id = ?;
-- name: set_items
UPDATE prompts SET items = ?2 WHERE id = ?1;
-- name: message_stays whether a session that stays and sent a list, or went on from it, holds a message of it
SELECT 1 FROM exchanges e JOIN sessions s ON s.id = e.session AND s.owner != 0
JOIN places p ON p.message = ?2 AND p.session = s.id
WHERE e.prompt IN (SELECT ?1 UNION ALL SELECT id FROM prompts WHERE parent = ?1) LIMIT 1;
-- name: blob_stays whether a session that stays and sent a list, or went on from it, needs a text of it
SELECT 1 FROM exchanges e JOIN sessions s ON s.id = e.session AND s.owner != 0
JOIN blobs b ON b.hash = ?2 JOIN uses u ON u.holder = s.id AND u.blob = b.id
WHERE e.prompt IN (SELECT ?1 UNION ALL SELECT id FROM prompts WHERE parent = ?1) LIMIT 1;
-- name: drop_calls
DELETE FROM tool_calls WHERE id IN (SELECT id FROM tool_calls WHERE session = ? LIMIT 16);
-- name: posted some of what was posted to a session
SELECT id FROM posted WHERE session = ? LIMIT ?;
-- name: drop_posted
DELETE FROM posted WHERE id = ?;
-- name: drop_planned
DELETE FROM planned WHERE session = ?1 AND hash IN (SELECT hash FROM planned WHERE session = ?1 LIMIT 16);
-- name: segment of a session, and another one that holds the same history
SELECT g.id, (
    SELECT s.id FROM messages m JOIN places p ON p.message = m.id JOIN sessions s ON s.id = p.session AND s.owner != 0
    WHERE m.digest = g.digest LIMIT 1
) FROM segments g WHERE g.session = ? LIMIT 1;
-- name: give_segment
UPDATE segments SET session = ?2 WHERE id = ?1;
-- name: drop_segment
DELETE FROM segments WHERE id = ?;
-- name: closing of a session, and another one that holds the same history
SELECT c.digest, c.threshold, (
    SELECT s.id FROM messages m JOIN places p ON p.message = m.id JOIN sessions s ON s.id = p.session AND s.owner != 0
    WHERE m.digest = c.digest LIMIT 1
) FROM closings c WHERE c.session = ? LIMIT 1;
-- name: give_closing
UPDATE closings SET session = ?3 WHERE digest = ?1 AND threshold = ?2;
-- name: drop_closing
DELETE FROM closings WHERE digest = ? AND threshold = ?;
-- name: first_places of a session, with the lengths of their texts
SELECT p.id, p.message, coalesce(length(m.text), 0) FROM places p LEFT JOIN messages m ON m.id = p.message
WHERE p.session = ?1 ORDER BY p.id LIMIT ?2;
-- name: drop_place
DELETE FROM places WHERE id = ?;
-- name: other_place of a message, in a session that stays if there is one, with the message
SELECT p.session, m.body FROM places p JOIN sessions s ON s.id = p.session JOIN messages m ON m.id = p.message
WHERE p.message = ? ORDER BY s.owner != 0 DESC LIMIT 1;
-- name: drop_landmarks of a message, by its marks
WITH RECURSIVE marked (digest, rest) AS (
    SELECT substr(marks, 1, 16), substr(marks, 17) FROM messages WHERE id = ?1
    UNION ALL SELECT substr(rest, 1, 16), substr(rest, 17) FROM marked WHERE rest != x''
)
DELETE FROM landmarks WHERE message = ?1 AND digest IN (SELECT digest FROM marked);
-- name: drop_message
DELETE FROM messages WHERE id = ?;
-- name: use_of a session or an exchange
SELECT blob FROM uses WHERE holder = ? LIMIT 1;
-- name: drop_use
DELETE FROM uses WHERE holder = ? AND blob = ?;
-- name: drop_unused shared content that nobody shares any more
DELETE FROM blobs WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM uses WHERE blob = ?1);
-- name: drop_session unless something came to it in the meantime
DELETE FROM sessions WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM exchanges WHERE session = ?1)
    AND NOT EXISTS (SELECT 1 FROM places WHERE session = ?1) AND NOT EXISTS (SELECT 1 FROM uses WHERE holder = ?1);
