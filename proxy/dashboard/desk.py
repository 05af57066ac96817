"""What all pages work with, and what holds for each answer: who may see it, its headers, what a failure looks like."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from proxy.dashboard.gate import VISIT, Gate, Verdict, Visitor
from proxy.dashboard.pages import Pages
from proxy.dashboard.patience import Patience
from proxy.dashboard.scribe import Scribe
from proxy.errors import BodyTooLarge, Forbidden, HttpError, NotFound
from proxy.losses import Priced
from proxy.reflecting import Reflector
from storage.ports import Store, StoreError
from storage.records import SessionRow

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
LARGEST_FORM = 64 * 1024
VISITOR = "steno.visitor"
"""Where a request's scope says who asks."""


@dataclass(frozen=True, slots=True)
class Desk:
    """``closing`` is set once the server stops: what runs on without an end has to end then."""

    store: Store
    gate: Gate
    scribe: Scribe
    clock: Callable[[], int]
    closing: asyncio.Event
    reflector: Reflector
    vitals: Callable[[], Mapping[str, Any]]
    """What the process knows of its own health."""
    erase: Callable[[bytes], Awaitable[object]]
    """Takes a session away for good."""
    price: Priced
    pages: Pages = field(default_factory=Pages)
    patience: Patience = field(default_factory=Patience)

    async def page(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        """A page made of a template, with the mark that its forms need."""
        visit = request.cookies.get(VISIT, "")
        fresh = visit or secrets.token_urlsafe(18)
        visitor = request.scope.get(VISITOR)
        given = {
            "path": request.url.path,
            "now": self.clock(),
            "base": f"{request.url.scheme}://{request.headers.get('host', '')}/v1",
            "mark": self.gate.mark(fresh),
            "guarded": visitor is not None and visitor.passed,
            "admin": visitor is not None and visitor.sees is None,
            "alone": visitor is None,
            **values,
        }
        html = await asyncio.to_thread(self.pages.render, name, given)
        after = None if self.pages.is_warm and self.scribe.is_ready else BackgroundTask(self.warm)
        response = HTMLResponse(html, status, {"cache-control": "no-store"}, background=after)
        if not visit:
            response.set_cookie(VISIT, fresh, httponly=True, samesite="strict", secure=is_secure(request))
        return response

    def warm(self) -> None:
        """Make all ready that pages need: whoever has looked at one looks at others."""
        self.pages.warm()
        self.scribe.ready()

    async def session(self, request: Request) -> SessionRow:
        """The session that an address names. Raises ``NotFound``."""
        row = await self.store.session(request.path_params["session"], sees(request))
        if row is None:
            message = "There is no such session here; it may have been deleted."
            raise NotFound(message)
        return row

    async def form(self, request: Request) -> dict[str, str]:
        """What was filled in, if it comes from a page of ours. Raises ``HttpError``."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_FORM:
                message = "The form is too long."
                raise BodyTooLarge(message)
        fields = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        if not self.gate.takes(request.cookies.get(VISIT, ""), fields.get("mark", ""), request.scope["headers"]):
            message = "This form was not sent from a page of Steno's, or the page is too old: go back and reload it."
            raise Forbidden(message)
        return fields


def sees(request: Request) -> bytes | None:
    """Whose data whoever asks may see, None for all."""
    visitor: Visitor = request.scope[VISITOR]
    return visitor.sees


def peer(request: Request) -> str:
    """The address that a request came from; empty where it has none."""
    return request.client.host if request.client else ""


Handler = Callable[[Desk, Request], Awaitable[Response]]


def is_secure(request: Request) -> bool:
    """Whether the browser came over TLS."""
    return request.url.scheme == "https"


def shown(desk: Desk, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A handler for those who may see what it shows."""

    async def endpoint(request: Request) -> Response:
        response = await _answer(desk, handler, request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return endpoint


async def _answer(desk: Desk, handler: Handler, request: Request) -> Response:
    if request.method == "HEAD" and request.url.path == "/":
        return Response()  # agents ask whether anybody is there
    match desk.gate.visitor(request.scope["headers"], peer(request), request.cookies, desk.clock()):
        case Verdict.LOGIN:
            return await desk.page(request, "login.html", 401, wrong="", next=address(request))
        case Verdict.SHUT:
            return await desk.page(request, "shut.html", 403)
        case visitor:
            request.scope[VISITOR] = visitor
    try:
        return await handler(desk, request)
    except HttpError as error:
        return await desk.page(request, "trouble.html", error.status, message=str(error))
    except StoreError as error:
        return await desk.page(request, "trouble.html", 503, message=f"The store can't be read: {error}.")


def address(request: Request) -> str:
    """The path that was asked for, to come back to."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
