-- name: tables that the log has
SELECT name FROM sqlite_master WHERE type = 'table';
-- name: responses with their conversations
SELECT r.*, c.name AS conversation_name FROM responses r LEFT JOIN conversations c ON c.id = r.conversation_id
ORDER BY coalesce(r.conversation_id, r.id), r.datetime_utc, r.id;
-- name: responses_alone of the first releases, which had no conversations
SELECT * FROM responses ORDER BY id;
-- name: tool_calls of a response
SELECT tool_call_id, name, arguments FROM tool_calls WHERE response_id = ? ORDER BY id;
-- name: tool_results given with a prompt
SELECT tool_call_id, name, output FROM tool_results WHERE response_id = ? ORDER BY id;
