"""``GET /api/reflection``: what the latest entries tell about themselves."""

from __future__ import annotations

from starlette.responses import Response

from proxy.answers.reflections import Reflection, reflection
from proxy.api.endpoints import Call, Endpoint
from proxy.api.queries import MOST, ReflectionQuery, moment_of
from proxy.reflecting import Span
from proxy.reflection.markdown import markdown

LATEST = 30
MARKDOWN = "text/markdown"


async def reflect(call: Call) -> object:
    """Reflect on the latest requests: errors, tools, doubts, repeated questions, costs, topics; in Markdown, too."""
    query, now = call.query, call.desk.clock()
    since, until = moment_of("since", query.since, now), moment_of("until", query.until, now)
    limit = query.limit or (MOST if since else LATEST)
    seen = await call.desk.reflector.reflect(call.caller.sees, Span(limit, since, until))
    if query.format == "markdown":
        return Response(markdown(seen), media_type=MARKDOWN)
    return reflection(seen)


ENDPOINTS = (Endpoint("GET", "/api/reflection", reflect, Reflection, ReflectionQuery, others=(MARKDOWN,)),)
