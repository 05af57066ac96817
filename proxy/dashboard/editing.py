"""What is changed of sessions by hand: one put into another, one cut in two. Each is asked first, and then done."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from proxy.clock import new_id
from proxy.dashboard.desk import Desk
from proxy.errors import Conflict, NotFound
from proxy.shapes.spelling import uuid
from proxy.shapes.wire import read_message
from storage.browsing import Wanted
from storage.records import MessageRow, SessionRow

OFFERED = 30


async def choose(desk: Desk, request: Request) -> Response:
    """Offer the sessions that may be put into one; once one is chosen, ask whether it shall be."""
    session = await desk.session(request)
    named = request.query_params.get("with", "").strip()
    if named:
        other = await _other(desk, session, named)
        return await desk.page(request, "merge.html", session=session, other=other, rows=())
    leaf = await desk.store.browsing.sessions(Wanted(owner=session.owner, limit=OFFERED + 1))
    rows = [row for row in leaf.rows if row.id != session.id][:OFFERED]
    return await desk.page(request, "merge.html", session=session, other=None, rows=rows)


async def merge(desk: Desk, request: Request) -> Response:
    """Put another session's messages into this one."""
    fields = await desk.form(request)
    session = await desk.session(request)
    other = await _other(desk, session, fields.get("with", ""))
    await desk.store.edits.merge(session.id, other.id)
    return _to(session.id)


async def ask(desk: Desk, request: Request) -> Response:
    """Ask whether a session shall be cut in two before a message."""
    session = await desk.session(request)
    at = request.query_params.get("at", "")
    message = await _message(desk, session, at)
    text = (message.text or read_message(message.body).text)[:2000]
    return await desk.page(request, "split.html", session=session, message=message, text=text)


async def split(desk: Desk, request: Request) -> Response:
    """Move a message with all that follows it into a session of its own."""
    fields = await desk.form(request)
    session = await desk.session(request)
    message = await _message(desk, session, fields.get("at", ""))
    id = new_id(desk.clock())
    if not await desk.store.edits.split(session.id, message.id, id):
        reason = "Nothing would be left of this session."
        raise Conflict(reason)
    return _to(id)


async def _other(desk: Desk, session: SessionRow, named: str) -> SessionRow:
    """The session that is to be put into another one. Raises ``HttpError``."""
    other = await desk.store.session(named, session.owner)
    if other is None:
        reason = "There is no such session of the same owner."
        raise NotFound(reason)
    if other.id == session.id:
        reason = "A session can't be put into itself."
        raise Conflict(reason)
    return other


async def _message(desk: Desk, session: SessionRow, at: str) -> MessageRow:
    number = int(at) if at.isascii() and at.isdigit() and len(at) < 16 else 0
    found = await desk.store.browsing.messages(session.id, [number])
    if not found:
        reason = "This session has no such message."
        raise NotFound(reason)
    return found[0]


def _to(session: bytes) -> Response:
    return RedirectResponse(f"/sessions/{uuid(session)}", 303)
