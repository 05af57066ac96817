-- name: turns thread by thread
SELECT t.*, h.name AS thread_name FROM turns t LEFT JOIN threads h ON h.id = t.thread_id
ORDER BY coalesce(t.thread_id, t.id), t.datetime_utc, t.id;
-- name: chain of messages up to a tip, from behind another one on if that is above it
WITH RECURSIVE up (hash, parent, role, depth) AS (
    SELECT hash, parent_hash, role, 0 FROM messages WHERE hash = ?1 AND hash != ?2
    UNION ALL SELECT m.hash, m.parent_hash, m.role, up.depth + 1 FROM up JOIN messages m ON m.hash = up.parent WHERE m.hash != ?2
)
SELECT hash, coalesce(parent, '') AS parent, role FROM up ORDER BY depth DESC;
-- name: parts of a message
SELECT * FROM parts WHERE message_hash = ? ORDER BY position;
-- name: fragment
SELECT content FROM fragments WHERE id = ?;
-- name: attachment
SELECT * FROM attachments WHERE id = ?;
