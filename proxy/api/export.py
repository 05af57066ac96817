"""``GET /api/export``: a caller's sessions, streamed in one of the formats."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from proxy.errors import BadRequest, HttpError, NotFound
from proxy.exports.writing import ENDINGS, MEDIA, Format, exported
from storage.ports import Store

Authorised = Callable[[Request], bytes | None]
"""Whose data a request may see: an owner, or None for all. Raises ``HttpError`` for a caller who may see nothing."""


def export_routes(store: Store, authorised: Authorised) -> list[Route]:
    """The one route, which answers with a file."""

    async def export(request: Request) -> Response:
        try:
            return await _exported(store, authorised(request), request)
        except HttpError as error:
            return Response(error.body(), error.status, media_type="application/json")

    return [Route("/api/export", export)]


async def _exported(store: Store, owner: bytes | None, request: Request) -> Response:
    chosen = _format(request.query_params.get("format", Format.JSONL))
    named = request.query_params.get("session")
    session = await store.session(named, owner) if named else None
    if named and session is None:
        message = "There is no such session."
        raise NotFound(message, param="session")
    pieces = exported(store, chosen, session, owner or b"")
    first = await anext(pieces, b"")  # what fails, fails before the head is sent
    name = f"steno-{session.id.hex()[:12] if session else 'export'}.{ENDINGS[chosen]}"
    disposition = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_after(first, pieces), media_type=MEDIA[chosen], headers=disposition)


async def _after(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in pieces:
        yield piece


def _format(value: str) -> Format:
    try:
        return Format(value)
    except ValueError as error:
        message = f"The format is one of {', '.join(Format)}."
        raise BadRequest(message, param="format") from error
