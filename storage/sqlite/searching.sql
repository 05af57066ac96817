-- name: state the index's place among the messages, the newest message, the newest document
SELECT message, (SELECT coalesce(max(id), 0) FROM messages), (SELECT coalesce(max(id), 0) FROM documents) FROM indexed;
-- name: fresh_messages that have a text, from one (exclusive) to another, in their order
SELECT 0, m.id, CASE
        WHEN m.role IN ('tool', 'function') THEN 'tool_result'
        WHEN m.role = 'assistant' AND EXISTS (SELECT 1 FROM tool_calls WHERE message = m.id) THEN 'tool_call'
        ELSE 'message' END,
    m.role, e.owner, e.model, e.at, m.text
FROM messages m JOIN places p ON p.id = (SELECT min(id) FROM places WHERE message = m.id)
JOIN exchanges e ON e.id = p.exchange
WHERE m.id > ?1 AND m.id <= ?2 AND m.text IS NOT NULL ORDER BY m.id;
-- name: fresh_texts of exchanges that wait for the index, up to one: errors, then what was asked and said aside
SELECT 1, e.id, 'error', 'system', e.owner, e.model, e.at, t.failed
FROM ended w JOIN exchanges e ON e.id = w.id JOIN exchange_texts t ON t.id = e.id
WHERE w.id <= ?1 AND t.failed != ''
UNION ALL
SELECT 3, e.id, 'message', 'user', e.owner, e.model, e.at, t.asked
FROM ended w JOIN exchanges e ON e.id = w.id JOIN exchange_texts t ON t.id = e.id
WHERE w.id <= ?1 AND t.asked IS NOT NULL
UNION ALL
SELECT 4, e.id, 'message', 'assistant', e.owner, e.model, coalesce(e.ended_at, e.at), t.said
FROM ended w JOIN exchanges e ON e.id = w.id JOIN exchange_texts t ON t.id = e.id
WHERE w.id <= ?1 AND t.said IS NOT NULL;
-- name: fresh_posted that wait for the index, up to one
SELECT 2, p.id, p.type, p.source, s.owner, '', p.at, t.text
FROM waiting w JOIN posted p ON p.id = w.row JOIN posted_texts t ON t.id = p.id JOIN sessions s ON s.id = p.session
WHERE w.source = 2 AND w.row <= ?1 ORDER BY p.id;
-- name: last_posted the last of those that are indexed next
SELECT coalesce(max(row), 0) FROM (SELECT row FROM waiting WHERE source = 2 ORDER BY row LIMIT ?1);
-- name: drop_posted those that were indexed
DELETE FROM waiting WHERE source = 2 AND row <= ?1;
-- name: waits whether anything does, besides messages
SELECT EXISTS (SELECT 1 FROM ended) OR EXISTS (SELECT 1 FROM waiting WHERE source = 2);
-- name: add_document
INSERT INTO documents (source, row, type, role, owner, model, at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (row, source) DO NOTHING;
-- name: add_words
INSERT INTO words (rowid, text, marks) VALUES (?, ?, ?);
-- name: add_term
INSERT OR IGNORE INTO terms (term) VALUES (?);
-- name: newest_term
SELECT coalesce(max(id), 0) FROM terms;
-- name: add_grams of the words that came after one
INSERT INTO grams (rowid, term) SELECT id, term FROM terms WHERE id > ?;
-- name: set_indexed
UPDATE indexed SET message = ?;
-- name: terms_with a part that the index of parts offers
SELECT t.term FROM grams g CROSS JOIN terms t ON t.id = g.rowid WHERE grams MATCH ?1 AND instr(t.term, ?2) LIMIT ?3;
-- name: terms_scanned for a part that is too short for that
SELECT term FROM terms WHERE instr(term, ?1) LIMIT ?2;
-- name: first_since a time, of the documents
SELECT min(id) FROM documents WHERE at >= ?;
-- name: last_until a time, of the documents
SELECT max(id) FROM documents WHERE at < ?;
-- name: matched documents that the index offers, newest first
SELECT d.* FROM words w CROSS JOIN findings d ON d.id = w.rowid
WHERE words MATCH ?1 AND w.rowid >= ?2 AND w.rowid <= ?3 ORDER BY w.rowid DESC;
-- name: scanned documents as they stand, newest first
SELECT * FROM findings d
WHERE d.id >= ?2 AND d.id <= ?3 ORDER BY d.id DESC;
-- name: of_session documents that a session holds, newest first
SELECT d.* FROM (
    SELECT d.id FROM places p JOIN documents d ON d.row = p.message AND d.source = 0 WHERE p.session = ?1
    UNION ALL
    SELECT d.id FROM exchanges x JOIN documents d ON d.row = x.id AND d.source IN (1, 3, 4) WHERE x.session = ?1
    UNION ALL
    SELECT d.id FROM posted p JOIN documents d ON d.row = p.id AND d.source = 2 WHERE p.session = ?1
) held CROSS JOIN findings d ON d.id = held.id
WHERE d.id >= ?2 AND d.id <= ?3 ORDER BY d.id DESC;
-- name: ranked the best documents as the index weighs them, among the newest
SELECT rowid FROM words WHERE words MATCH ?1 AND rowid >= ?2 AND rowid <= ?3 ORDER BY bm25(words, 1.0, 0.0) LIMIT ?4;
-- name: nth document that the index offers, newest first
SELECT rowid FROM words WHERE words MATCH ?1 AND rowid >= ?2 AND rowid <= ?3 ORDER BY rowid DESC LIMIT 1 OFFSET ?4;
-- name: counted how many documents the index offers, as far as anyone counts
SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ?1 LIMIT ?2);
-- name: document by its number
SELECT * FROM findings WHERE id = ?1;
-- name: document_of a row; nothing while it isn't indexed
SELECT id FROM documents WHERE row = ?1 AND source = ?2;
-- name: held_message whether a session holds it
SELECT 1 FROM places WHERE message = ?1 AND session = ?2;
-- name: held_exchange whether it is a session's
SELECT 1 FROM exchanges WHERE id = ?1 AND session = ?2;
-- name: held_posted whether it is a session's
SELECT 1 FROM posted WHERE id = ?1 AND session = ?2;
-- name: stands_message where a message stands: in the session asked for, or in the latest
SELECT s.uid, e.uid, (SELECT count(*) FROM places WHERE message = ?1)
FROM places p JOIN sessions s ON s.id = p.session JOIN exchanges e ON e.id = p.exchange
WHERE p.message = ?1 ORDER BY p.session IS ?2 DESC, p.id DESC LIMIT 1;
-- name: stands_exchange where an exchange stands
SELECT coalesce(s.uid, x''), e.uid, s.id IS NOT NULL
FROM exchanges e LEFT JOIN sessions s ON s.id = e.session WHERE e.id = ?1;
-- name: stands_posted where something posted stands
SELECT s.uid, x'', 1 FROM posted p JOIN sessions s ON s.id = p.session WHERE p.id = ?1;
-- name: session_number of an id
SELECT id FROM sessions WHERE uid = ?;
-- name: owner_number
SELECT id FROM owners WHERE hash = ?;
-- name: documents_in_all
SELECT count(*) FROM documents;
