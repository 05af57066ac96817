"""``GET /api/export``: a caller's sessions, streamed in one of the formats."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from proxy.api.endpoints import Call, Endpoint
from proxy.api.queries import ExportQuery
from proxy.api.sessions import found
from proxy.exports.writing import ENDINGS, MEDIA, Format, exported


async def export(call: Call) -> object:
    """Give a session, or all of a caller's, as a file: lossless, as fine-tuning data, or in Markdown."""
    chosen, named = Format(call.query.format), call.query.session
    session = await found(call, named, "session") if named is not None else None
    pieces = exported(call.store, chosen, session, call.caller.sees or b"")
    first = await anext(pieces, b"")  # what fails, fails before the head is sent
    name = f"steno-{session.id.hex()[:12] if session else 'export'}.{ENDINGS[chosen]}"
    disposition = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_after(first, pieces), media_type=MEDIA[chosen], headers=disposition)


async def _after(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in pieces:
        yield piece


KINDS = sorted(set(MEDIA.values()))
ENDPOINTS = (
    Endpoint("GET", "/api/export", export, str, ExportQuery, media=KINDS[0], others=tuple(KINDS[1:]), fails=(404,)),
)
