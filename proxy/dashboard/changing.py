"""What changes something: the login and its end, a session deleted. Each takes a form of our own, and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from proxy.dashboard.desk import HEADERS, Desk, is_secure
from proxy.dashboard.gate import LASTS_SECONDS, PASS
from proxy.errors import HttpError, NotFound


async def login(desk: Desk, request: Request) -> Response:
    """Give out a pass for the admin token."""
    try:
        fields = await desk.form(request)
    except HttpError as error:
        return await desk.page(request, "trouble.html", error.status, message=str(error), alone=True)
    way = local(fields.get("next", "/"))
    shown = desk.gate.pass_for(fields.get("token", "").strip(), desk.clock())
    if shown is None:
        return await desk.page(request, "login.html", 401, alone=True, wrong=True, next=way)
    response = RedirectResponse(way, 303, HEADERS)
    secure = is_secure(request)
    response.set_cookie(PASS, shown, LASTS_SECONDS, httponly=True, samesite="strict", secure=secure)
    return response


async def logout(desk: Desk, request: Request) -> Response:
    """Take the pass back from this browser."""
    await desk.form(request)
    response = RedirectResponse("/", 303)
    response.delete_cookie(PASS, httponly=True, samesite="strict")
    return response


async def confirm(desk: Desk, request: Request) -> Response:
    """Ask before a session is deleted."""
    _erases(desk)
    return await desk.page(request, "delete.html", session=await desk.session(request))


async def delete(desk: Desk, request: Request) -> Response:
    """Delete a session."""
    await desk.form(request)
    session = await desk.session(request)
    erase = _erases(desk)
    await erase(session.id)
    return RedirectResponse("/", 303)


def _erases(desk: Desk) -> Callable[[bytes], Awaitable[object]]:
    erase: Callable[[bytes], Awaitable[object]] | None = getattr(desk.store, "erase", None)
    if erase is None:
        message = "This store can't delete."
        raise NotFound(message)
    return erase


def local(way: str) -> str:
    """A path of our own to go on to, whatever was asked for."""
    return way if way.startswith("/") and not way.startswith(("//", "/\\")) and way.isprintable() else "/"
