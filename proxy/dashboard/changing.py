"""What changes something: the login and its end, a session deleted. Each takes a form of our own, and nothing else."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from proxy.dashboard.desk import HEADERS, Desk, is_secure
from proxy.dashboard.gate import LASTS_SECONDS, PASS
from proxy.errors import HttpError


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
    return await desk.page(request, "delete.html", session=await desk.session(request))


async def delete(desk: Desk, request: Request) -> Response:
    """Delete a session."""
    await desk.form(request)
    session = await desk.session(request)
    await desk.store.erase(session.id)
    desk.forget()
    return RedirectResponse("/", 303)


def local(way: str) -> str:
    """A path of our own to go on to, whatever was asked for."""
    return way if way.startswith("/") and not way.startswith(("//", "/\\")) and way.isprintable() else "/"
