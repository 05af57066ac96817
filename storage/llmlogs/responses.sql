-- name: responses with their conversations
SELECT r.*, c.name AS conversation_name FROM responses r LEFT JOIN conversations c ON c.id = r.conversation_id
ORDER BY coalesce(r.conversation_id, r.id), r.datetime_utc, r.id;
-- name: responses_alone of the first releases, which had no conversations
SELECT * FROM responses ORDER BY id;
-- name: covered responses that are turns, too, and conversations that are threads
SELECT id FROM turns UNION SELECT thread_id FROM turns WHERE thread_id IS NOT NULL;
-- name: tool_calls of a response
SELECT * FROM tool_calls WHERE response_id = ? ORDER BY id;
-- name: tool_results given with a prompt
SELECT * FROM tool_results WHERE response_id = ? ORDER BY id;
-- name: prompt_attachments
SELECT a.* FROM prompt_attachments p JOIN attachments a ON a.id = p.attachment_id WHERE p.response_id = ? ORDER BY p."order";
-- name: tool_results_attachments
SELECT a.* FROM tool_results_attachments p JOIN attachments a ON a.id = p.attachment_id
WHERE p.tool_result_id = ? ORDER BY p."order";
-- name: prompt_fragments
SELECT f.content FROM prompt_fragments p JOIN fragments f ON f.id = p.fragment_id
WHERE p.response_id = ? ORDER BY p."order";
-- name: system_fragments
SELECT f.content FROM system_fragments p JOIN fragments f ON f.id = p.fragment_id
WHERE p.response_id = ? ORDER BY p."order";
