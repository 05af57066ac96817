"""``GET /api/search``: full text over what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proxy import answers
from proxy.api import parameters
from proxy.api.parameters import JSON, Owner, guarded
from proxy.errors import BadRequest, NotFound
from proxy.excerpts import excerpt
from storage.inquiries import Inquiry
from storage.ports import Store

PARAMETERS = ("q", "role", "type", "session", "model", "since", "until", "order", "limit", "cursor")
ORDERS = ("newest", "rank")
TYPES = ("message", "tool_call", "tool_result", "summary", "error", "decision")
LONGEST = 2_000


def search_routes(store: Store, owner: Owner, clock: Callable[[], int]) -> list[Route]:
    """The search."""

    async def search(request: Request) -> Response:
        whose = owner(request)
        given = dict(request.query_params)
        inquiry = inquiry_of(given, clock())
        asked = msgspec.structs.replace(inquiry, owner=whose or b"", session=await _session(store, given, whose))
        found = await store.search(asked)
        shapes = [answers.hit(hit, excerpt(" ".join(hit.text.split()), inquiry.query)) for hit in found.hits]
        page = {"data": shapes, "next_cursor": found.cursor or None}
        return Response(msgspec.json.encode(page), media_type=JSON)

    return [Route("/api/search", guarded(search), methods=["GET"])]


def inquiry_of(given: Mapping[str, str], now: int) -> Inquiry:
    """What is asked for, but for the session and the owner. Raises ``BadRequest``."""
    parameters.known(given, PARAMETERS)
    query = given.get("q", "")
    if not query.strip(' \t\r\n"') or len(query) > LONGEST:
        message = f'q must be words to search for, of at most {LONGEST} letters; "two words" in quotes are one.'
        raise BadRequest(message, param="q")
    return Inquiry(
        query,
        order=parameters.choice(given, "order", ORDERS, "newest"),
        role=given.get("role", ""),
        type=parameters.choice(given, "type", TYPES),
        model=given.get("model", ""),
        since=parameters.time(given, "since", now),
        until=parameters.time(given, "until", now),
        limit=parameters.count(given, "limit", 20),
        cursor=given.get("cursor", ""),
    )


async def _session(store: Store, given: Mapping[str, str], owner: bytes | None) -> bytes:
    key = given.get("session", "")
    if not key:
        return b""
    row = await store.session(key, owner)
    if row is None:
        message = "There is no such session."
        raise NotFound(message, param="session")
    return row.id
