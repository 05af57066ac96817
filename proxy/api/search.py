"""``GET /api/search``: full text over what was recorded."""

from __future__ import annotations

from proxy.answers.hits import Hit, hit
from proxy.api.endpoints import Call, Endpoint, Page
from proxy.api.queries import SearchQuery, inquiry
from proxy.api.sessions import found
from proxy.excerpts import excerpt


async def search(call: Call) -> object:
    """Find the texts in which every word of a query stands, newest first or by their weight."""
    named = call.query.session
    session = (await found(call, named, "session")).id if named is not None else b""
    asked = inquiry(call.query, call.caller.sees, session, call.desk.clock())
    hits = await call.store.search(asked)
    data = [hit(one, excerpt(" ".join(one.text.split()), asked.query)) for one in hits.hits]
    return Page(data=data, next_cursor=hits.cursor or None)


ENDPOINTS = (Endpoint("GET", "/api/search", search, Page[Hit], SearchQuery, fails=(404,)),)
