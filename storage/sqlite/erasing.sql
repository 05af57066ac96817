-- name: lone_messages those that only this session holds
SELECT m.id, m.body FROM places p JOIN messages m ON m.id = p.message
WHERE p.session = ?1 AND NOT EXISTS (SELECT 1 FROM places o WHERE o.message = p.message AND o.session != ?1);
-- name: named_content that its exchanges refer to
SELECT residue, tools, system, raw, prompt FROM exchanges WHERE session = ?;
-- name: lists that only it uses, one level at a time: the last of a chain of lists
SELECT id, parent, items FROM prompts p WHERE p.id = ?
    AND NOT EXISTS (SELECT 1 FROM exchanges e WHERE e.prompt = p.id) AND NOT EXISTS (SELECT 1 FROM prompts c WHERE c.parent = p.id);
-- name: drop_list
DELETE FROM prompts WHERE id = ?;
-- name: drop_blob unless something else refers to it
DELETE FROM blobs WHERE hash = ?1
    AND NOT EXISTS (SELECT 1 FROM exchanges e WHERE e.residue = ?1 OR e.tools = ?1 OR e.system = ?1 OR e.raw = ?1)
    AND NOT EXISTS (SELECT 1 FROM prompts p WHERE instr(p.items, ?1) > 0);
-- name: drop_content that was cut out of messages, unless another one has it, too
DELETE FROM blobs WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM messages m WHERE instr(m.body, ?2) > 0);
-- name: drop_waiting
DELETE FROM waiting WHERE (source = 1 AND row IN (SELECT id FROM exchanges WHERE session = ?1))
    OR (source = 2 AND row IN (SELECT id FROM posted WHERE session = ?1));
-- name: drop_attempts
DELETE FROM attempts WHERE exchange IN (SELECT id FROM exchanges WHERE session = ?);
-- name: drop_checkpoints
DELETE FROM checkpoints WHERE exchange IN (SELECT id FROM exchanges WHERE session = ?);
-- name: drop_calls
DELETE FROM tool_calls WHERE session = ?;
-- name: drop_posted
DELETE FROM posted WHERE session = ?;
-- name: drop_places
DELETE FROM places WHERE session = ?;
-- name: drop_exchanges
DELETE FROM exchanges WHERE session = ?;
-- name: drop_planned
DELETE FROM planned WHERE session = ?;
-- name: drop_closings
DELETE FROM closings WHERE session = ?;
-- name: drop_segments
DELETE FROM segments WHERE session = ?;
-- name: orphan_children
UPDATE sessions SET parent = NULL WHERE parent = ?;
-- name: drop_session
DELETE FROM sessions WHERE id = ?;
-- name: drop_landmarks
DELETE FROM landmarks WHERE message = ?;
-- name: drop_message
DELETE FROM messages WHERE id = ?;
-- name: adopt_places whose exchange is gone, by a session's own that hold the message
UPDATE places SET exchange = (
    SELECT coalesce(min(e.id), places.exchange) FROM exchanges e WHERE e.session = places.session
) WHERE message IN (SELECT message FROM places WHERE session = ?1) AND session != ?1
    AND exchange IN (SELECT id FROM exchanges WHERE session = ?1);
-- name: row of a session
SELECT id FROM sessions WHERE uid = ?;
