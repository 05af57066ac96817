-- name: messages_after those of a session, in the order in which they came
SELECT p.id, x'', CASE m.role WHEN 'tool' THEN 'tool_result' ELSE 'message' END,
    coalesce(CASE WHEN p.relayed = 1 THEN e.ended_at END, e.at), s.uid, e.uid, m.id, m.role, coalesce(m.text, ''), '',
    coalesce((SELECT t.call_id FROM tool_calls t WHERE t.session = p.session AND t.result = m.id), ''), '', '', '', '',
    (SELECT t.ok FROM tool_calls t WHERE t.session = p.session AND t.result = m.id),
    CASE WHEN e.answer = m.id THEN e.confidence END
FROM sessions s CROSS JOIN places p ON p.session = s.id CROSS JOIN messages m ON m.id = p.message
CROSS JOIN exchanges e ON e.id = p.exchange
WHERE s.uid = :session AND p.id > :row AND (:role IS NULL OR m.role = :role)
    AND (:type IS NULL OR (m.role = 'tool') = (:type = 'tool_result'))
ORDER BY p.id LIMIT :limit;
-- name: messages_before those of all sessions, newest first
SELECT p.id, x'', CASE m.role WHEN 'tool' THEN 'tool_result' ELSE 'message' END,
    coalesce(CASE WHEN p.relayed = 1 THEN e.ended_at END, e.at), s.uid, e.uid, m.id, m.role, coalesce(m.text, ''), '',
    coalesce((SELECT t.call_id FROM tool_calls t WHERE t.session = p.session AND t.result = m.id), ''), '', '', '', '',
    (SELECT t.ok FROM tool_calls t WHERE t.session = p.session AND t.result = m.id),
    CASE WHEN e.answer = m.id THEN e.confidence END
FROM places p CROSS JOIN messages m ON m.id = p.message CROSS JOIN exchanges e ON e.id = p.exchange
CROSS JOIN sessions s ON s.id = p.session
WHERE p.id < :row AND (:owner IS NULL OR s.owner = (SELECT id FROM owners WHERE hash = :owner))
    AND (:role IS NULL OR m.role = :role) AND (:type IS NULL OR (m.role = 'tool') = (:type = 'tool_result'))
ORDER BY p.id DESC LIMIT :limit;
-- name: calls_after those of a session, in the order in which they were made
SELECT t.id, x'', 'tool_call', t.called_at, s.uid, coalesce(e.uid, x''), t.message, 'assistant', t.name, t.name, t.call_id,
    t.arguments, '', '', '', t.ok, NULL
FROM sessions s CROSS JOIN tool_calls t ON t.session = s.id
LEFT JOIN places p ON p.message = t.message AND p.session = t.session LEFT JOIN exchanges e ON e.id = p.exchange
WHERE s.uid = :session AND t.id > :row ORDER BY t.id LIMIT :limit;
-- name: calls_before those of all sessions, newest first
SELECT t.id, x'', 'tool_call', t.called_at, s.uid, coalesce(e.uid, x''), t.message, 'assistant', t.name, t.name, t.call_id,
    t.arguments, '', '', '', t.ok, NULL
FROM tool_calls t CROSS JOIN sessions s ON s.id = t.session
LEFT JOIN places p ON p.message = t.message AND p.session = t.session LEFT JOIN exchanges e ON e.id = p.exchange
WHERE t.id < :row AND (:owner IS NULL OR s.owner = (SELECT id FROM owners WHERE hash = :owner))
ORDER BY t.id DESC LIMIT :limit;
-- name: errors_after the exchanges of a session that failed
SELECT e.id, x'', 'error', e.ended_at, s.uid, e.uid, coalesce(e.tip, 0), 'system', coalesce(nullif(e.error_message, ''), e.ending),
    e.ending, '', '', '', '', coalesce(nullif(e.error_code, ''), e.error_type, ''), NULL, NULL
FROM sessions s CROSS JOIN exchanges e ON e.session = s.id
WHERE s.uid = :session AND e.id > :row
    AND e.ended_at IS NOT NULL AND (e.ending != 'complete' OR e.status >= 400 OR e.error_message != '')
ORDER BY e.id LIMIT :limit;
-- name: errors_before the exchanges that failed, newest first
SELECT e.id, x'', 'error', e.ended_at, coalesce(s.uid, x''), e.uid, coalesce(e.tip, 0), 'system',
    coalesce(nullif(e.error_message, ''), e.ending), e.ending, '', '', '', '',
    coalesce(nullif(e.error_code, ''), e.error_type, ''), NULL, NULL
FROM exchanges e INDEXED BY exchanges_failed LEFT JOIN sessions s ON s.id = e.session
WHERE e.id < :row AND (:owner IS NULL OR e.owner = (SELECT id FROM owners WHERE hash = :owner))
    AND e.ended_at IS NOT NULL AND (e.ending != 'complete' OR e.status >= 400 OR e.error_message != '')
ORDER BY e.id DESC LIMIT :limit;
-- name: posted_after what was posted to a session
SELECT n.id, n.uid, n.type, n.at, s.uid, x'', 0, n.source, n.text, n.name, '', n.arguments, n.result, n.rationale, '', n.ok,
    n.confidence
FROM sessions s CROSS JOIN posted n ON n.session = s.id
WHERE s.uid = :session AND n.id > :row AND (:type IS NULL OR n.type = :type) AND (:role IS NULL OR n.source = :role)
ORDER BY n.id LIMIT :limit;
-- name: posted_before what was posted, newest first
SELECT n.id, n.uid, n.type, n.at, s.uid, x'', 0, n.source, n.text, n.name, '', n.arguments, n.result, n.rationale, '', n.ok,
    n.confidence
FROM posted n CROSS JOIN sessions s ON s.id = n.session
WHERE n.id < :row AND (:owner IS NULL OR s.owner = (SELECT id FROM owners WHERE hash = :owner))
    AND (:type IS NULL OR n.type = :type) AND (:role IS NULL OR n.source = :role)
ORDER BY n.id DESC LIMIT :limit;
-- name: summaries_after of the segments that closed in a session
SELECT g.id, x'', 'summary', g.created_at, s.uid, x'', 0, 'system', g.text, lower(hex(g.hash)), '', '', '', '', '', NULL, NULL
FROM sessions s CROSS JOIN segments g ON g.session = s.id WHERE s.uid = :session AND g.id > :row ORDER BY g.id LIMIT :limit;
-- name: summaries_before of the segments that closed, newest first
SELECT g.id, x'', 'summary', g.created_at, s.uid, x'', 0, 'system', g.text, lower(hex(g.hash)), '', '', '', '', '', NULL, NULL
FROM segments g CROSS JOIN sessions s ON s.id = g.session
WHERE g.id < :row AND (:owner IS NULL OR s.owner = (SELECT id FROM owners WHERE hash = :owner))
ORDER BY g.id DESC LIMIT :limit;
