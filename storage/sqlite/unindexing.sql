-- name: document that the full-text index holds, with its text
SELECT * FROM findings WHERE row = ?2 AND source = ?1;
-- name: drop_document
DELETE FROM documents WHERE id = ?;
-- name: let_merge so many pieces of the index on one level before it merges them by itself; 0: never
INSERT INTO words (words, rank) VALUES ('automerge', ?);
-- name: drop_words as they were added
INSERT INTO words (words, rowid, text, marks) VALUES ('delete', ?, ?, ?);
-- name: drop_waiting
DELETE FROM waiting WHERE source = ? AND row = ?;
-- name: doubt a word
UPDATE terms SET doubted = 1 WHERE term = ? AND doubted = 0;
-- name: doubted a word
SELECT id, term FROM terms WHERE doubted = 1 LIMIT 1;
-- name: trust a word again
UPDATE terms SET doubted = 0 WHERE id = ?;
-- name: stands whether any document still holds a word
SELECT 1 FROM words WHERE words MATCH ? LIMIT 1;
-- name: drop_term
DELETE FROM terms WHERE id = ?;
-- name: drop_grams
INSERT INTO grams (grams, rowid, term) VALUES ('delete', ?, ?);
-- name: rewind_messages a number that was given back is given again
UPDATE indexed SET message = (SELECT coalesce(max(id), 0) FROM messages)
WHERE message > (SELECT coalesce(max(id), 0) FROM messages);
-- name: rewind_exchanges the same of exchanges
UPDATE indexed SET exchange = (SELECT coalesce(max(id), 0) FROM exchanges)
WHERE exchange > (SELECT coalesce(max(id), 0) FROM exchanges);
-- name: wipe_words where SQLite can delete without a trace
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
-- name: wipe_grams the same of the parts of words
INSERT INTO grams (grams, rank) VALUES ('secure-delete', 1);
-- name: merge_words so many pages on the way to an index in one piece, with no trace of what was taken out
INSERT INTO words (words, rank) VALUES ('merge', ?);
-- name: merge_grams the same of the parts of words
INSERT INTO grams (grams, rank) VALUES ('merge', ?);
