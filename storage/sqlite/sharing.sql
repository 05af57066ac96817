-- name: use
INSERT OR IGNORE INTO uses (holder, blob) SELECT ?1, id FROM blobs WHERE hash = ?2;
-- name: forget what a session needs
DELETE FROM uses WHERE holder = ?;
-- name: exchanges of a session
SELECT id FROM exchanges WHERE session = ? ORDER BY id;
-- name: exchange of an id
SELECT id FROM exchanges WHERE uid = ?;
-- name: named what an exchange names, and whose it is
SELECT coalesce(session, -id), residue, tools, system, raw, prompt FROM exchanges WHERE id = ?;
-- name: list that a request of the session ends with, or not
SELECT p.parent, p.items, EXISTS (SELECT 1 FROM exchanges e WHERE e.prompt = p.id AND e.session = ?2) FROM prompts p WHERE p.id = ?1;
-- name: placed messages of a session that something was cut out of
SELECT m.body FROM places p JOIN messages m ON m.id = p.message WHERE p.session = ? AND instr(m.body, x'00') > 0;
-- name: placed_one such a message, and its session
SELECT p.session, m.body FROM messages m JOIN sessions s ON s.uid = ?2 JOIN places p ON p.message = m.id AND p.session = s.id
WHERE m.digest = ?1 AND instr(m.body, x'00') > 0;
