-- name: owners that something was recorded of, the latest active first
SELECT o.hash, (SELECT count(*) FROM sessions s WHERE s.owner = o.id), count(*), min(e.at), max(e.at)
FROM exchanges e JOIN owners o ON o.id = e.owner GROUP BY o.id ORDER BY max(e.at) DESC;
-- name: aliases
SELECT alias, owner FROM aliases ORDER BY alias;
-- name: add_alias
INSERT INTO aliases (alias, owner) VALUES (?1, ?2) ON CONFLICT (alias) DO UPDATE SET owner = excluded.owner;
-- name: hand_on what was taken for an owner that is now another's
UPDATE aliases SET owner = ?2 WHERE owner = ?1;
-- name: add_owner
INSERT OR IGNORE INTO owners (hash, created_at) VALUES (?, ?);
-- name: unname sessions whose names the other owner has, too
UPDATE sessions SET name = NULL WHERE owner = (SELECT id FROM owners WHERE hash = ?1) AND name IN (
    SELECT name FROM sessions WHERE owner = (SELECT id FROM owners WHERE hash = ?2) AND name IS NOT NULL
);
-- name: move_sessions
UPDATE sessions SET owner = (SELECT id FROM owners WHERE hash = ?2) WHERE owner = (SELECT id FROM owners WHERE hash = ?1);
-- name: move_exchanges
UPDATE exchanges SET owner = (SELECT id FROM owners WHERE hash = ?2) WHERE owner = (SELECT id FROM owners WHERE hash = ?1);
