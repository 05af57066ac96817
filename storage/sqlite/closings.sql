-- name: add_segment
INSERT INTO segments
    (hash, session, digest, parent, first, beyond, level, tokens, text, summarizer, packed, data, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
-- name: segment_row
SELECT id FROM segments WHERE hash = ?;
-- name: add_closing what is there stays: it was used
INSERT OR IGNORE INTO closings (digest, threshold, session, created_at, packed, data, segments)
VALUES (?, ?, ?, ?, ?, ?, ?);
-- name: closing
SELECT packed, data, segments FROM closings WHERE digest = ? AND threshold = ?;
-- name: segment
SELECT hash, digest, parent, first, beyond, level, tokens, text, summarizer, packed, data FROM segments WHERE id = ?;
-- name: summaries what models wrote of runs that end at a digest, the latest first
SELECT hash, digest, parent, first, beyond, level, tokens, text, summarizer, packed, data FROM segments
WHERE digest = ? AND summarizer = 'model' ORDER BY id DESC;
-- name: segments those of a session, as they were made; others may hold the same history
SELECT segments.hash, digest, segments.parent, first, beyond, level, tokens, text, summarizer, segments.created_at
FROM segments JOIN sessions ON sessions.uid = ?
WHERE segments.session = sessions.id OR segments.digest IN (
    SELECT messages.digest FROM places JOIN messages ON messages.id = places.message
    WHERE places.session = sessions.id
)
ORDER BY segments.id;
-- name: add_text
INSERT INTO planned (session, hash, packed, data) VALUES (?, ?, ?, ?);
-- name: holds_text
SELECT 1 FROM planned WHERE session = ? AND hash = ?;
-- name: text
SELECT packed, data FROM planned WHERE session = ? AND hash = ?;
-- name: plan what was changed of a request on its way
SELECT coalesce(session, 0), plan, coalesce(sent_tokens, 0), coalesce(forwarded_tokens, 0), dialect,
    coalesce(sent_model, ''), adds_usage
FROM exchanges WHERE uid = ? AND (plan IS NOT NULL OR forwarded_hash IS NOT NULL);
-- name: compacted the exchanges of which less was forwarded than was sent, with the prompt before each in its session;
-- and those that asked for summaries
SELECT exchanges.uid, coalesce(exchanges.answered_by, exchanges.model), exchanges.provider,
    coalesce(exchanges.sent_tokens, 0), coalesce(exchanges.forwarded_tokens, 0), coalesce(exchanges.prompt_tokens, 0),
    coalesce(exchanges.completion_tokens, 0), coalesce(exchanges.cached_tokens, 0), exchanges.cost,
    coalesce((
        SELECT coalesce(earlier.prompt_tokens, 0) + coalesce(earlier.sent_tokens - earlier.forwarded_tokens, 0)
        FROM exchanges AS earlier
        WHERE earlier.session = exchanges.session AND earlier.id < exchanges.id AND earlier.status < 400
            AND earlier.match != 'summary'
        ORDER BY earlier.id DESC LIMIT 1
    ), 0), exchanges.match = 'summary'
FROM exchanges LEFT JOIN sessions ON sessions.id = exchanges.session JOIN owners ON owners.id = exchanges.owner
WHERE (exchanges.plan IS NOT NULL OR exchanges.match = 'summary') AND exchanges.status < 400
    AND (?1 IS NULL OR sessions.uid = ?1) AND (?2 IS NULL OR owners.hash = ?2)
    AND (?3 = 0 OR exchanges.at >= ?3) AND (?4 = 0 OR exchanges.at < ?4)
ORDER BY exchanges.id;
