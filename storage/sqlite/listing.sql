-- name: sessions_newest
SELECT s.uid, s.name, p.uid, s.title, s.tags, s.meta, s.user_agent, s.model, s.created_at, s.updated_at, s.exchanges,
    s.messages, s.user_messages, s.ai_messages, s.tool_calls, s.errors, s.prompt_tokens, s.completion_tokens, s.cached_tokens,
    s.cost, s.unpriced, s.decisions, (SELECT hash FROM owners WHERE id = s.owner), s.id
FROM sessions s LEFT JOIN sessions p ON p.id = s.parent
WHERE s.id < :row AND (:owner IS NULL OR s.owner = (SELECT id FROM owners WHERE hash = :owner))
    AND (:model IS NULL OR s.model = :model OR EXISTS (
        SELECT 1 FROM exchanges e WHERE e.session = s.id AND (e.model = :model OR e.answered_by = :model)
    ))
    AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(s.tags) t WHERE t.value = :tag))
    AND s.updated_at >= :since AND (:until IS NULL OR s.created_at < :until)
    AND (:errors IS NULL OR (s.errors > 0) = :errors)
ORDER BY s.id DESC;
-- name: sessions_active
SELECT s.uid, s.name, p.uid, s.title, s.tags, s.meta, s.user_agent, s.model, s.created_at, s.updated_at, s.exchanges,
    s.messages, s.user_messages, s.ai_messages, s.tool_calls, s.errors, s.prompt_tokens, s.completion_tokens, s.cached_tokens,
    s.cost, s.unpriced, s.decisions, (SELECT hash FROM owners WHERE id = s.owner), s.id
FROM sessions s LEFT JOIN sessions p ON p.id = s.parent
WHERE (s.updated_at, s.id) < (:updated, :row) AND (:owner IS NULL OR s.owner = (SELECT id FROM owners WHERE hash = :owner))
    AND (:model IS NULL OR s.model = :model OR EXISTS (
        SELECT 1 FROM exchanges e WHERE e.session = s.id AND (e.model = :model OR e.answered_by = :model)
    ))
    AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(s.tags) t WHERE t.value = :tag))
    AND s.updated_at >= :since AND (:until IS NULL OR s.created_at < :until)
    AND (:errors IS NULL OR (s.errors > 0) = :errors)
ORDER BY s.updated_at DESC, s.id DESC;
-- name: exchanges_newest
SELECT e.uid, coalesce(s.uid, x''), e.match, e.at, coalesce(e.ended_at, 0), coalesce(e.first_byte_at, 0), e.method, e.path,
    e.dialect, e.provider, e.model, coalesce(e.answered_by, ''), e.stream, e.parsed, coalesce(e.status, 0),
    coalesce(e.ending, ''), coalesce(e.finish_reason, ''), coalesce(e.upstream_id, ''), e.user_agent, e.prompt_tokens,
    e.completion_tokens, e.cached_tokens, e.reasoning_tokens, e.cache_written_tokens, e.usage_source, e.cost, coalesce(e.error_type, ''),
    coalesce(e.error_code, ''), coalesce(e.error_message, ''), coalesce(e.error_body, x''), coalesce(e.retry_of, x''),
    coalesce(e.tip, 0), coalesce(e.answer, 0), coalesce(e.system, x''), coalesce(e.sent_model, ''),
    (SELECT count(*) FROM attempts a WHERE a.exchange = e.id), coalesce(e.asked, ''), e.said, e.confidence, e.id
FROM exchanges e LEFT JOIN sessions s ON s.id = e.session
WHERE e.id < :row AND (:owner IS NULL OR e.owner = (SELECT id FROM owners WHERE hash = :owner))
    AND (:model IS NULL OR e.model = :model OR e.answered_by = :model) AND (:provider IS NULL OR e.provider = :provider)
    AND e.at >= :since AND (:until IS NULL OR e.at < :until)
    AND (:errors IS NULL OR (
        e.ended_at IS NOT NULL AND (e.ending != 'complete' OR e.status >= 400 OR e.error_message != '')
    ) = :errors)
ORDER BY e.id DESC LIMIT :limit;
-- name: exchanges_within a session
SELECT e.uid, coalesce(s.uid, x''), e.match, e.at, coalesce(e.ended_at, 0), coalesce(e.first_byte_at, 0), e.method, e.path,
    e.dialect, e.provider, e.model, coalesce(e.answered_by, ''), e.stream, e.parsed, coalesce(e.status, 0),
    coalesce(e.ending, ''), coalesce(e.finish_reason, ''), coalesce(e.upstream_id, ''), e.user_agent, e.prompt_tokens,
    e.completion_tokens, e.cached_tokens, e.reasoning_tokens, e.cache_written_tokens, e.usage_source, e.cost, coalesce(e.error_type, ''),
    coalesce(e.error_code, ''), coalesce(e.error_message, ''), coalesce(e.error_body, x''), coalesce(e.retry_of, x''),
    coalesce(e.tip, 0), coalesce(e.answer, 0), coalesce(e.system, x''), coalesce(e.sent_model, ''),
    (SELECT count(*) FROM attempts a WHERE a.exchange = e.id), coalesce(e.asked, ''), e.said, e.confidence, e.id
FROM sessions s JOIN exchanges e ON e.session = s.id
WHERE s.uid = :session AND e.id < :row
    AND (:owner IS NULL OR e.owner = (SELECT id FROM owners WHERE hash = :owner))
    AND (:model IS NULL OR e.model = :model OR e.answered_by = :model) AND (:provider IS NULL OR e.provider = :provider)
    AND e.at >= :since AND (:until IS NULL OR e.at < :until)
    AND (:errors IS NULL OR (
        e.ended_at IS NOT NULL AND (e.ending != 'complete' OR e.status >= 400 OR e.error_message != '')
    ) = :errors)
ORDER BY e.id DESC LIMIT :limit;
-- name: exchange one of them
SELECT e.uid, coalesce(s.uid, x''), e.match, e.at, coalesce(e.ended_at, 0), coalesce(e.first_byte_at, 0), e.method, e.path,
    e.dialect, e.provider, e.model, coalesce(e.answered_by, ''), e.stream, e.parsed, coalesce(e.status, 0),
    coalesce(e.ending, ''), coalesce(e.finish_reason, ''), coalesce(e.upstream_id, ''), e.user_agent, e.prompt_tokens,
    e.completion_tokens, e.cached_tokens, e.reasoning_tokens, e.cache_written_tokens, e.usage_source, e.cost, coalesce(e.error_type, ''),
    coalesce(e.error_code, ''), coalesce(e.error_message, ''), coalesce(e.error_body, x''), coalesce(e.retry_of, x''),
    coalesce(e.tip, 0), coalesce(e.answer, 0), coalesce(e.system, x''), coalesce(e.sent_model, ''),
    (SELECT count(*) FROM attempts a WHERE a.exchange = e.id), coalesce(e.asked, ''), e.said, e.confidence
FROM exchanges e LEFT JOIN sessions s ON s.id = e.session
WHERE e.uid = ?1 AND (?2 IS NULL OR e.owner = (SELECT id FROM owners WHERE hash = ?2));
