"""``GET /api/stats``: totals and series of what was asked and spent."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proxy import answers
from proxy.api import parameters
from proxy.api.parameters import JSON, Owner, guarded
from proxy.savings import Price, savings, unknown
from storage.ports import Store

PARAMETERS = ("since", "until")


def statistics_routes(store: Store, owner: Owner, clock: Callable[[], int], price: Price = unknown) -> list[Route]:
    """The statistics; a span of time is one of whole days."""

    async def statistics(request: Request) -> Response:
        whose, now = owner(request), clock()
        given = dict(request.query_params)
        parameters.known(given, PARAMETERS)
        since, until = (parameters.time(given, name, now) for name in PARAMETERS)
        row = await store.statistics(whose, since, until)
        saved = savings(await store.compacted(None, whose, since, until), price)
        return Response(msgspec.json.encode(answers.statistics(row, saved)), media_type=JSON)

    return [Route("/api/stats", guarded(statistics), methods=["GET"])]
