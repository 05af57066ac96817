-- name: exchange an exchange (e), with its session (s), if it has one
e.uid, coalesce(s.uid, x''), e.match, e.at, coalesce(e.ended_at, 0), coalesce(e.first_byte_at, 0), e.method, e.path,
    e.dialect, e.provider, e.model, coalesce(e.answered_by, ''), e.stream, e.parsed, coalesce(e.status, 0),
    coalesce(e.ending, ''), coalesce(e.finish_reason, ''), coalesce(e.upstream_id, ''), e.user_agent, e.prompt_tokens,
    e.completion_tokens, e.cached_tokens, e.reasoning_tokens, e.cache_written_tokens, e.usage_source, e.cost, coalesce(e.error_type, ''),
    coalesce(e.error_code, ''), coalesce(e.error_message, ''), coalesce(e.error_body, x''), coalesce(e.retry_of, x''),
    coalesce(e.tip, 0), coalesce(e.answer, 0), coalesce(e.system, x''), coalesce(e.sent_model, ''),
    (SELECT count(*) FROM attempts a WHERE a.exchange = e.id), coalesce(e.asked, ''), e.said, e.confidence
-- name: session a session (s), with the one above it (p), if there is one
s.uid, s.name, p.uid, s.title, s.tags, s.meta, s.user_agent, s.model, s.created_at, s.updated_at, s.exchanges,
    s.messages, s.user_messages, s.ai_messages, s.tool_calls, s.errors, s.prompt_tokens, s.completion_tokens, s.cached_tokens,
    s.cost, s.unpriced, s.decisions, (SELECT hash FROM owners WHERE id = s.owner)
-- name: call a tool call (t)
t.call_id, t.name, t.arguments, t.message, coalesce(t.result, 0), t.ok, t.called_at, coalesce(t.returned_at, 0)
-- name: message a message (m) in its place (p), with the exchange (e) that brought it
m.id, coalesce(m.parent, 0), m.role, m.body, coalesce(m.text, ''), m.tokens, p.relayed, e.uid, e.at,
    coalesce(CASE WHEN e.answer = m.id THEN e.ending END, ''), coalesce(CASE WHEN e.answer = m.id THEN e.finish_reason END, ''),
    CASE WHEN p.relayed THEN e.answers END
