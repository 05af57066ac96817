"""All of ``/api``: which call answers which path, and the description of them all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proxy.api import events, exchanges, export, metrics, reflection, search, sessions, statistics
from proxy.api.endpoints import JSON, Desk, Endpoint, refusal, served, tagged
from proxy.api.manual import POLICY, page
from proxy.api.openapi import document
from proxy.errors import NotFound

ENDPOINTS: Sequence[Endpoint] = (
    *sessions.ENDPOINTS,
    *events.ENDPOINTS,
    *exchanges.ENDPOINTS,
    *search.ENDPOINTS,
    *statistics.ENDPOINTS,
    *reflection.ENDPOINTS,
    *export.ENDPOINTS,
    *metrics.ENDPOINTS,
)


def api_routes(desk: Desk, endpoints: Sequence[Endpoint] = ENDPOINTS) -> list[Route]:
    """The routes of ``/api``, and of its description, which tells no data and so is open to all."""
    described = document(endpoints, _version())
    by_path = groupby(sorted(endpoints, key=lambda one: one.path), key=lambda one: one.path)
    routes = [_Anything(path, served(desk, list(group))) for path, group in by_path]
    return [
        Route("/api/openapi.json", _fixed(msgspec.json.encode(described), JSON)),
        Route("/api/docs", _fixed(page(described).encode(), "text/html; charset=utf-8")),
        *routes,
        _Anything("/api/{rest:path}", _missing),
    ]


class _Anything(Route):
    """A route for each method there is: what a method can't do is said in the same shape as all else."""

    def __init__(self, path: str, serve: Callable[[Request], Awaitable[Response]]) -> None:
        super().__init__(path, serve)
        self.methods = set()


def _fixed(data: bytes, media: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        response = tagged(request, data, media=media)
        response.headers["content-security-policy"] = POLICY
        return response

    return serve


async def _missing(_: Request) -> Response:
    message = "There is no such call; /api/docs lists those that there are."
    return refusal(NotFound(message, code="unknown_path"))


def _version() -> str:
    try:
        return version("steno-proxy")
    except PackageNotFoundError:
        return "0"
