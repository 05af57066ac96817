"""The calls of ``/api/sessions``: list, make, describe, mend and delete sessions, and read what they hold."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response, StreamingResponse

from proxy.api import lines
from proxy.api.cursors import cursor_of
from proxy.api.endpoints import JSON, SAFETY, Call, Endpoint, Page, listed
from proxy.api.queries import MessagesQuery, SessionQuery, place, session_filter
from proxy.clock import new_id
from proxy.erasure import Eraser
from proxy.errors import Conflict, NotFound
from proxy.savings import savings
from proxy.shapes.branches import Branch, Tree
from proxy.shapes.chains import previous
from proxy.shapes.sessions import (
    Segment,
    Session,
    SessionDetail,
    SessionStats,
    segment,
    session,
    session_detail,
    session_stats,
    with_context,
)
from proxy.shapes.spelling import id_of
from storage.listings import Amendment
from storage.records import MessageRow, NewSession, SessionRow

Name = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[^\u0000-\u001f\u007f-\u009f]+$")]
Title = Annotated[str, Meta(max_length=1000)]
Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=256)]], Meta(max_length=100)]

Whole = Annotated[float, Meta(ge=1, le=2**53, multiple_of=1, extra_json_schema={"type": "integer"})]
"""An integer as JSON has them: 3.0 is one, too."""


class CreateSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session to be made; ``id`` is the caller's own name for it."""

    id: Name | None = None
    parent_id: str | None = None
    title: Title = ""
    tags: Tags = msgspec.field(default_factory=list)
    metadata: dict[str, str] = msgspec.field(default_factory=dict)


class ChangeSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change: what is missing stays; in ``metadata``, null takes a key away."""

    parent_id: str | UnsetType | None = UNSET
    title: Title | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    metadata: dict[str, str | None] | UnsetType = UNSET


class MergeSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which session goes into the one that the path names."""

    session: str


class SplitSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the new session begins: at a message of the tree, such as a branch's ``first_message``."""

    message: Whole


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is gone."""

    id: str
    deleted: bool = True


async def found(call: Call, key: str | None = None, param: str | None = None) -> SessionRow:
    """The session of an id or a name, whole. Another owner's is as unknown as one that there isn't."""
    wanted = call.path["id"] if key is None else key
    row = await call.store.session(wanted, call.caller.sees)
    if row is None or (row.name != wanted and row.id != id_of(wanted)):
        message = "There is no session of that id or name."
        raise NotFound(message, param=param)
    return row


async def list_sessions(call: Call) -> object:
    """List sessions, newest first."""
    kind, size = ("activity", 2) if call.query.order == "activity" else ("sessions", 1)
    wanted = session_filter(call.query, call.caller.sees)
    page = await call.store.listings.sessions(wanted, place(kind, call.query, size), call.query.limit)
    return Page(data=[session(row) for row in page.rows], next_cursor=cursor_of(kind, page.next))


async def create_session(call: Call) -> object:
    """Make a session before anything is said in it."""
    said: CreateSession = call.body
    parent = await found(call, said.parent_id, "parent_id") if said.parent_id is not None else None
    owner, at = (parent.owner if parent else call.caller.owner), call.desk.clock()
    id = new_id(at)
    new = NewSession(
        name=said.id,
        parent=parent.id.hex() if parent else None,
        title=said.title,
        tags=tuple(said.tags),
        meta=said.metadata,
    )
    if not await call.store.edits.create(id, owner, at, new):
        message = f"There is a session {said.id!r} already."
        raise Conflict(message, param="id")
    return await _detail(call, id)


async def get_session(call: Call) -> object:
    """One session with its sums, the sessions below it and its branches."""
    return await _detail(call, (await found(call)).id)


async def change_session(call: Call) -> object:
    """Change a session's title, tags, metadata or parent."""
    row, said = await found(call), call.body
    parent = None if said.parent_id is UNSET else b""
    if isinstance(said.parent_id, str):
        above = await found(call, said.parent_id, "parent_id")
        parent = above.id
        if above.owner != row.owner:
            message = "The parent is another owner's."
            raise Conflict(message, param="parent_id")
    amendment = Amendment(
        title=None if said.title is UNSET else said.title,
        tags=None if said.tags is UNSET else tuple(said.tags),
        meta=None if said.metadata is UNSET else _merged(row.meta, said.metadata),
        parent=parent,
    )
    if not await call.store.edits.amend(row.id, amendment):
        message = "A session can't stand below itself."
        raise Conflict(message, param="parent_id")
    return await _detail(call, row.id)


def _merged(meta: dict[str, str], changes: dict[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in (meta | changes).items() if value is not None}


async def delete_session(call: Call) -> object:
    """Delete a session with all content that no other one shares."""
    row = await found(call)
    await Eraser(call.store, call.desk.recorder).erase(row.id)
    return Deleted(id=session(row).id or "")


async def get_stats(call: Call) -> object:
    """A session's sums."""
    row = await found(call)
    return await _stats(call, row)


async def _stats(call: Call, row: SessionRow) -> SessionStats:
    compacted, segments = await call.store.compacted(row.id), await call.store.segments(row.id)
    return with_context(session_stats(row), segments, savings(compacted, call.desk.price))


async def list_segments(call: Call) -> object:
    """The chain of a session's closed segments, newest first."""
    row = await found(call)
    rows = await call.store.segments(row.id)
    return Page[Segment](data=[segment(one, previous(one, rows)) for one in reversed(rows)])


async def list_messages(call: Call) -> object:
    """A conversation as a messages list, ready to be sent again: the branch with the latest message, or another one."""
    row = await found(call)
    tree = Tree(await call.store.messages(row.id))
    steps = [step.message for step in tree.steps(branch)] if (branch := _branch(tree, call.query.branch)) else []
    system = await lines.system_of(call.store, row, steps)

    pieces = lines.pieces(call.store, lines.system_messages(system), steps)
    return StreamingResponse(listed(pieces), media_type=JSON, headers=SAFETY)


def _branch(tree: Tree[MessageRow], number: int | None) -> Branch[MessageRow] | None:
    if number is None:
        return tree.latest()
    if number > len(tree.branches):
        message = f"This session has no branch {number}; it has {len(tree.branches)}."
        raise NotFound(message, param="branch")
    return tree.branches[number - 1]


async def merge_sessions(call: Call) -> object:
    """Put another session's content into this one; the other one is gone after that."""
    row, other = await found(call), await found(call, call.body.session, "session")
    if row.id == other.id or row.owner != other.owner:
        message = "A session can be merged with another one of the same owner only."
        raise Conflict(message, param="session")
    await call.store.edits.merge(row.id, other.id)
    return await _detail(call, row.id)


async def split_session(call: Call) -> object:
    """Move a message with all that follows it into a new session, which is the answer."""
    row, id = await found(call), new_id(call.desk.clock())
    if not await call.store.edits.split(row.id, int(call.body.message), id):
        message = "The session holds no such message, or nothing would be left of it."
        raise Conflict(message, param="message")
    return await _detail(call, id)


async def _detail(call: Call, id: bytes) -> SessionDetail | Response:
    row = await call.store.session(id.hex())
    if row is None:
        message = "There is no session of that id or name."
        raise NotFound(message)
    tree = Tree(await call.store.messages(id))
    children = [child.id for child in await call.store.children(id)]
    detail = session_detail(row, children, tree.branches, tree.latest())
    return msgspec.structs.replace(detail, stats=await _stats(call, row))


SESSION = "/api/sessions/{id}"
ENDPOINTS = (
    Endpoint("GET", "/api/sessions", list_sessions, Page[Session], SessionQuery),
    Endpoint("POST", "/api/sessions", create_session, SessionDetail, body=CreateSession, status=201, fails=(404, 409)),
    Endpoint("GET", SESSION, get_session, SessionDetail, fails=(404,)),
    Endpoint("PATCH", SESSION, change_session, SessionDetail, body=ChangeSession, fails=(404, 409)),
    Endpoint("DELETE", SESSION, delete_session, Deleted, fails=(404,)),
    Endpoint("GET", f"{SESSION}/messages", list_messages, Page[dict[str, Any]], MessagesQuery, fails=(404,)),
    Endpoint("GET", f"{SESSION}/segments", list_segments, Page[Segment], fails=(404,)),
    Endpoint("GET", f"{SESSION}/stats", get_stats, SessionStats, fails=(404,)),
    Endpoint("POST", f"{SESSION}/merge", merge_sessions, SessionDetail, body=MergeSession, fails=(404, 409)),
    Endpoint("POST", f"{SESSION}/split", split_session, SessionDetail, body=SplitSession, status=201, fails=(404, 409)),
)
