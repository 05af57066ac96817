"""``GET /api/reflection``: what the latest entries tell about themselves."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proxy import answers
from proxy.api import parameters
from proxy.api.parameters import JSON, Owner, guarded
from proxy.reflecting import Reflector, Span
from proxy.reflection.markdown import markdown

PARAMETERS = ("limit", "since", "until", "format")
FORMATS = ("json", "markdown")


def reflection_routes(reflector: Reflector, owner: Owner, clock: Callable[[], int]) -> list[Route]:
    """The reflection, as JSON or Markdown."""

    async def reflect(request: Request) -> Response:
        whose, now = owner(request), clock()
        given = dict(request.query_params)
        parameters.known(given, PARAMETERS)
        since, until = (parameters.time(given, name, now) for name in ("since", "until"))
        limit = parameters.count(given, "limit", parameters.MOST if since else 30)
        form = parameters.choice(given, "format", FORMATS, "json")
        seen = await reflector.reflect(whose, Span(limit, since, until))
        if form == "markdown":
            return Response(markdown(seen), media_type="text/markdown; charset=utf-8")
        return Response(msgspec.json.encode(answers.reflection(seen)), media_type=JSON)

    return [Route("/api/reflection", guarded(reflect), methods=["GET"])]
