"""The addresses of the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from proxy.dashboard import changing, editing, exchanges, handlers, live, overview
from proxy.dashboard.desk import HEADERS, Desk, Handler, shown
from proxy.dashboard.pages import STATIC

PAGES: dict[str, Handler] = {
    "/": handlers.sessions,
    "/sessions/{session}": handlers.session,
    "/sessions/{session}/tail": handlers.tail,
    "/sessions/{session}/delete": changing.confirm,
    "/sessions/{session}/merge": editing.choose,
    "/sessions/{session}/split": editing.ask,
    "/sessions/{session}/messages/{message:int}": handlers.message,
    "/sessions/{session}/messages/{message:int}/verbatim": handlers.verbatim,
    "/sessions/{session}/messages/{message:int}/images/{number:int}": handlers.image,
    "/sessions/{session}/export/{format}": handlers.export,
    "/exchanges/{exchange}": exchanges.exchange,
    "/exchanges/{exchange}/cache": exchanges.cache,
    "/exchanges/{exchange}/{which}": exchanges.body,
    "/totals": overview.totals,
    "/reflection": overview.reflection,
    "/health": overview.health,
    "/live": live.changes,
    "/live/{session}": live.session_changes,
}

FORMS: dict[str, Handler] = {
    "/sessions/{session}/delete": changing.delete,
    "/sessions/{session}/merge": editing.merge,
    "/sessions/{session}/split": editing.split,
    "/logout": changing.logout,
}


def page_routes(desk: Desk) -> list[BaseRoute]:
    """All of them."""
    pages = [Route(path, shown(desk, handler)) for path, handler in PAGES.items()]
    return [
        *pages,
        *(Route(path, shown(desk, handler), methods=["POST"]) for path, handler in FORMS.items()),
        Route("/login", _login(desk), methods=["POST"]),
        Mount("/static", Files(directory=STATIC)),
    ]


def _login(desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        response = await changing.login(desk, request)
        response.headers.update(HEADERS)
        return response

    return endpoint


class Files(StaticFiles):
    """Scripts and styles, which hold nothing that was recorded."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one, and say that it is what it says."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-cache")]
            await send(message)

        await super().__call__(scope, receive, sent)
