-- name: spans the segments on a session's messages, as they were made, if any of its requests was made shorter
SELECT coalesce(before.id, 0), last.id, segments.level, segments.tokens, segments.text, segments.summarizer,
    segments.created_at
FROM sessions CROSS JOIN places ON places.session = sessions.id
CROSS JOIN messages AS last ON last.id = places.message CROSS JOIN segments ON segments.digest = last.digest
LEFT JOIN messages AS before ON before.digest = segments.parent
WHERE sessions.uid = ?1 AND EXISTS (
    SELECT 1 FROM exchanges WHERE exchanges.session = sessions.id AND exchanges.plan IS NOT NULL
)
ORDER BY segments.id;
