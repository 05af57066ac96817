"""What each page shows: the store is asked, a template is filled."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from proxy.dashboard import dialogue
from proxy.dashboard.desk import Desk, sees
from proxy.dashboard.dialogue import Spot
from proxy.dashboard.listing import find, further, sought
from proxy.errors import NotFound
from proxy.exports.writing import ENDINGS, MEDIA, Format, exported
from proxy.shapes.pictures import pictures
from proxy.shapes.wire import read_message

CHILDREN = 100
IMMUTABLE = {"cache-control": "private, max-age=86400, immutable"}


async def sessions(desk: Desk, request: Request) -> Response:
    """The list of sessions, and what a search found."""
    asked = sought(request.query_params)
    owner = sees(request)
    leaf = await desk.store.browsing.sessions(asked.wanted(owner))
    found = await find(desk.store, asked.query, owner) if asked.query else ()
    empty = not leaf.rows and not asked.narrows and not asked.before
    return await desk.page(
        request,
        "sessions.html",
        asked=asked,
        leaf=leaf,
        found=found,
        empty=empty,
        further=further(leaf.further),
    )


async def session(desk: Desk, request: Request) -> Response:
    """A conversation: one branch of it, a part at a time."""
    row = await desk.session(request)
    page = await dialogue.read(desk.store, row, _spot(request), desk.scribe.page())
    if page is None:
        message = "This session has no such branch or message."
        raise NotFound(message)
    children = (await desk.store.children(row.id))[:CHILDREN]
    parent = await desk.store.session(row.parent.hex(), row.owner) if row.parent else None
    return await desk.page(
        request,
        "session.html",
        session=row,
        page=page,
        children=children,
        parent=parent,
    )


async def tail(desk: Desk, request: Request) -> Response:
    """What a conversation went on with: a piece of its page."""
    row = await desk.session(request)
    page = await dialogue.after(desk.store, row, _spot(request), desk.scribe.page())
    if page is None:
        page = dialogue.Page((), (), 0, 0, 0, 0, 0, 0)
    return await desk.page(request, "tail.html", session=row, page=page)


async def message(desk: Desk, request: Request) -> Response:
    """The text of one message, rendered: a piece of its page."""
    row = await desk.session(request)
    found = await desk.store.browsing.messages(row.id, [request.path_params["message"]])
    if not found:
        message = "This session has no such message."
        raise NotFound(message)
    text = read_message(found[0].body).text or found[0].text
    html = await asyncio.to_thread(desk.scribe.page(60.0), text)
    shown = html if html is not None else Markup.escape(text)
    return HTMLResponse(Markup('<div class="prose">{}</div>').format(shown))


async def verbatim(desk: Desk, request: Request) -> Response:
    """One message as it was sent, to be saved."""
    return as_file(await _message(desk, request), f"message-{request.path_params['message']}.json")


async def image(desk: Desk, request: Request) -> Response:
    """An image that a message carries."""
    carried = pictures(await _message(desk, request))
    number = request.path_params["number"]
    data = carried[number].data if number < len(carried) else None
    if data is None:
        message = "This message has no such image."
        raise NotFound(message)
    policy = {"content-security-policy": "default-src 'none'; sandbox", **IMMUTABLE}
    return Response(data, media_type=carried[number].kind, headers=policy)


async def _message(desk: Desk, request: Request) -> bytes:
    row = await desk.session(request)
    found = await desk.store.browsing.body(row.id, request.path_params["message"])
    if found is None:
        message = "This session has no such message, or a part of it was not kept."
        raise NotFound(message)
    return found


async def export(desk: Desk, request: Request) -> Response:
    """A session as a file."""
    row = await desk.session(request)
    try:
        chosen = Format(request.path_params["format"])
    except ValueError as error:
        message = "There is no such format."
        raise NotFound(message) from error
    name = f"steno-{row.id.hex()[:12]}.{ENDINGS[chosen]}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(exported(desk.store, chosen, row), media_type=MEDIA[chosen], headers=headers)


def as_file(data: bytes, name: str) -> Response:
    """Bytes to be saved."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(data, media_type="application/octet-stream", headers=headers)


def _spot(request: Request) -> Spot:
    numbers = {
        name: int(text)
        for name in ("branch", "at", "from", "after")
        if (text := request.query_params.get(name, "")).isascii() and text.isdigit() and len(text) < 16
    }
    spot = Spot(numbers.get("branch", 0), numbers.get("at", 0) or numbers.get("after", 0))
    return replace(spot, start=numbers["from"]) if "from" in numbers else spot
