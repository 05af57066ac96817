-- name: tables that the log has
SELECT name FROM sqlite_master WHERE type = 'table';
-- name: count_responses
SELECT count(*) FROM responses;
-- name: count_turns
SELECT count(*) FROM turns;
