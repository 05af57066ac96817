-- name: sessions_newest
SELECT {session}, s.id
FROM sessions s LEFT JOIN sessions p ON p.id = s.parent
WHERE s.id < :row AND s.owner != 0 AND (:owner IS NULL OR s.owner = (SELECT id FROM owners WHERE hash = :owner))
    AND (:model IS NULL OR s.model = :model OR EXISTS (
        SELECT 1 FROM exchanges e WHERE e.session = s.id AND (e.model = :model OR e.answered_by = :model)
    ))
    AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(s.tags) t WHERE t.value = :tag))
    AND s.updated_at >= :since AND (:until IS NULL OR s.created_at < :until)
    AND (:errors IS NULL OR (s.errors > 0) = :errors)
ORDER BY s.id DESC;
-- name: sessions_active
SELECT {session}, s.id
FROM sessions s LEFT JOIN sessions p ON p.id = s.parent
WHERE (s.updated_at, s.id) < (:updated, :row) AND s.owner != 0
    AND (:owner IS NULL OR s.owner = (SELECT id FROM owners WHERE hash = :owner))
    AND (:model IS NULL OR s.model = :model OR EXISTS (
        SELECT 1 FROM exchanges e WHERE e.session = s.id AND (e.model = :model OR e.answered_by = :model)
    ))
    AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(s.tags) t WHERE t.value = :tag))
    AND s.updated_at >= :since AND (:until IS NULL OR s.created_at < :until)
    AND (:errors IS NULL OR (s.errors > 0) = :errors)
ORDER BY s.updated_at DESC, s.id DESC;
-- name: exchanges_newest
SELECT {exchange}, e.id
FROM exchanges e LEFT JOIN sessions s ON s.id = e.session
WHERE e.id < :row AND (:owner IS NULL OR e.owner = (SELECT id FROM owners WHERE hash = :owner))
    AND (:model IS NULL OR e.model = :model OR e.answered_by = :model) AND (:provider IS NULL OR e.provider = :provider)
    AND e.at >= :since AND (:until IS NULL OR e.at < :until)
    AND (:errors IS NULL OR (
        e.ended_at IS NOT NULL AND (e.ending != 'complete' OR e.status >= 400 OR e.error_message != '')
    ) = :errors)
ORDER BY e.id DESC LIMIT :limit;
-- name: exchanges_within a session
SELECT {exchange}, e.id
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
SELECT {exchange}
FROM exchanges e LEFT JOIN sessions s ON s.id = e.session
WHERE e.uid = ?1 AND (?2 IS NULL OR e.owner = (SELECT id FROM owners WHERE hash = ?2));
