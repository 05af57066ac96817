"""What a search found, as programs read it."""

from __future__ import annotations

import msgspec

from proxy.excerpts import Excerpt
from proxy.shapes.spelling import rfc3339, uuid
from storage.inquiries import Hit as HitRow


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A text that a search found; ``highlights`` are ranges of the excerpt's characters.

    ``session_id`` is the latest of the ``sessions`` that hold it; ``score`` is its weight, where hits are ranked.
    """

    type: str
    role: str
    session_id: str | None
    sessions: int
    exchange_id: str | None
    message_id: int | None
    model: str | None
    at: str | None
    score: float | None
    excerpt: str
    highlights: list[tuple[int, int]]
    text: str


def hit(row: HitRow, passage: Excerpt) -> Hit:
    """A text that a search found."""
    return Hit(
        type=row.type,
        role=row.role,
        session_id=uuid(row.session),
        sessions=row.sessions,
        exchange_id=uuid(row.exchange),
        message_id=row.message or None,
        model=row.model or None,
        at=rfc3339(row.at),
        score=row.score,
        excerpt=passage.text,
        highlights=list(passage.highlights),
        text=row.text,
    )
