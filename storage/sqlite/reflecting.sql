-- name: entries that have ended, newest first
SELECT e.uid, coalesce(s.uid, x''), e.at, e.ended_at, e.model, coalesce(e.status, 0), coalesce(e.ending, ''),
    coalesce(e.finish_reason, ''), coalesce(e.error_type, ''), coalesce(e.error_code, ''), coalesce(e.error_message, ''),
    coalesce(e.prompt_tokens, 0) + coalesce(e.completion_tokens, 0), e.cost, e.confidence,
    e.retry_of IS NOT NULL, coalesce(q.text, ''), coalesce(a.text, ''), coalesce(e.answer, 0)
FROM exchanges e LEFT JOIN sessions s ON s.id = e.session
LEFT JOIN messages q ON q.id = e.tip AND q.role = 'user' LEFT JOIN messages a ON a.id = e.answer
WHERE e.ended_at IS NOT NULL AND (?1 IS NULL OR e.owner = (SELECT id FROM owners WHERE hash = ?1))
ORDER BY e.id DESC;
-- name: tools that a message called
SELECT t.name, t.ok, t.called_at, coalesce(t.returned_at, 0), CASE WHEN t.ok = 0 THEN coalesce(r.text, '') ELSE '' END
FROM tool_calls t LEFT JOIN messages r ON r.id = t.result WHERE t.message = ? ORDER BY t.id;
