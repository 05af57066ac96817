"""What changes something: the login and its end, a session deleted. Each takes a form of our own, and nothing else."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from proxy.dashboard.desk import HEADERS, Desk, is_secure, peer
from proxy.dashboard.gate import LASTS_SECONDS, PASS
from proxy.errors import HttpError


async def login(desk: Desk, request: Request) -> Response:
    """Give out a pass for the admin token, or for an API key under which something was recorded."""
    try:
        fields = await desk.form(request)
    except HttpError as error:
        return await desk.page(request, "trouble.html", error.status, message=str(error))
    way, caller, now = local(fields.get("next", "/")), peer(request), desk.clock()
    if wait := desk.patience.wait(caller, now):
        words = f"Too many wrong keys came from there. Try again in {wait} seconds."
        return await _again(desk, request, 429, words, way)
    holder = desk.gate.readers.holder(fields.get("token", "").strip())
    if holder is None or not await _has_data(desk, holder.sees):
        desk.patience.wrong(caller, now)
        words = "That opens nothing here: it is not the admin token, and nothing was recorded under such a key."
        return await _again(desk, request, 401, words, way)
    response = RedirectResponse(way, 303, HEADERS)
    shown, secure = desk.gate.pass_for(holder.sees, now), is_secure(request)
    response.set_cookie(PASS, shown, LASTS_SECONDS, httponly=True, samesite="strict", secure=secure)
    return response


async def _again(desk: Desk, request: Request, status: int, words: str, way: str) -> Response:
    return await desk.page(request, "login.html", status, wrong=words, next=way)


async def _has_data(desk: Desk, owner: bytes | None) -> bool:
    """A key that is mistyped is an owner, too, of nothing."""
    return owner is None or bool(await desk.store.sessions(owner, 1))


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
    await desk.erase(session.id)
    return RedirectResponse("/", 303)


def local(way: str) -> str:
    """A path of our own to go on to, whatever was asked for."""
    return way if way.startswith("/") and not way.startswith(("//", "/\\")) and way.isprintable() else "/"
