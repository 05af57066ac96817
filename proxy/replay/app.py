"""``/replay/SESSION/v1``: a base URL that answers as the session was answered, with no upstream behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from proxy.chain import SIZE
from proxy.clock import id_text
from proxy.dialects import Dialect, dialect_at
from proxy.errors import BadRequest, HttpError, NotFound
from proxy.inbox import ClientGone, Inbox, decoded
from proxy.replay.pacing import frames_of, paced
from proxy.replay.playing import Player, parsed
from proxy.replay.retold import retold
from proxy.replay.tape import Asked, Scene, Tape
from storage.ports import Store
from storage.upkeep import Take
from storage.views import SessionRow

Authorised = Callable[[Request], bytes | None]
"""Whose data a request may see: an owner, or None for all. Raises ``HttpError`` for a caller who may see nothing."""

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
NOT_ON_RECORD = "not_on_record"
LIMIT = 64 * 1024 * 1024
"""The longest request that is looked for, unless another is said."""

LARGE = 262_144
"""Bodies of more bytes than this are read in a thread."""

EVENTS = "text/event-stream; charset=utf-8"
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def replay_routes(
    store: Store, authorised: Authorised, missed: Callable[[str], None] = lambda _: None, limit: int = LIMIT
) -> list[Route]:
    """The one route, for any path below a session's base URL; ``missed`` is told of what is not on the record."""
    player = Player(store)

    async def replay(request: Request) -> Response:
        try:
            return await _answered(player, authorised(request), request, limit)
        except HttpError as error:
            if error.code == NOT_ON_RECORD:
                missed(str(error))
            return Response(error.body(), error.status, media_type="application/json")
        except ClientGone:
            return Response(status_code=400)

    return [Route("/replay/{session}/v1/{path:path}", replay, methods=METHODS)]


async def _answered(player: Player, owner: bytes | None, request: Request, limit: int) -> Response:
    session = await player.store.session(request.path_params["session"], owner)
    if session is None:
        message = f"There is no session {request.path_params['session']!r} to be replayed."
        raise NotFound(message)
    path = "/" + request.path_params["path"]
    dialect = dialect_at(path) if request.method == "POST" else None
    if dialect is None:
        message = f"Only what a model answered is on the record, and {request.method} {path} asks no model."
        raise NotFound(message, code="not_on_record")
    given = (dialect, await Inbox(request.receive).body(limit), request.headers.get("content-encoding", ""), limit)
    body, wanted = await asyncio.to_thread(_read, *given) if len(given[1]) > LARGE else _read(*given)
    scene, tape = await _scene(player, session, path, body, wanted)
    if scene is None:
        raise NotFound(_missing(session, tape, wanted), code="not_on_record")
    original = "original" in (request.headers.get("x-replay-pace"), request.query_params.get("pace"))
    return await _reply(player.store, scene, wanted, original=original)


def _read(dialect: Dialect, body: bytes, encoding: str, limit: int) -> tuple[bytes, Asked | None]:
    found = decoded(body, encoding, limit)
    if found is None:
        message = "The request's body can't be read in its content-encoding."
        raise BadRequest(message)
    return found, parsed(dialect, found)


async def _scene(
    player: Player, session: SessionRow, path: str, body: bytes, wanted: Asked | None
) -> tuple[Scene | None, Tape]:
    tape = await player.tape(session)
    return tape.next(blake2b(path.encode() + body, digest_size=SIZE).digest(), wanted), tape


def _missing(session: SessionRow, tape: Tape, wanted: Asked | None) -> str:
    why = tape.why_not(wanted) if wanted is not None else "It is no request that could be read."
    return f"This request is not on the record of session {id_text(session.id).decode()}. {why}"


async def _reply(store: Store, scene: Scene, wanted: Asked | None, *, original: bool) -> Response:
    take = scene.take
    stream = wanted.stream if wanted is not None else take.stream
    kept = await store.reply(take.exchange) if stream == take.stream or take.error else None
    usage = wanted is not None and wanted.usage
    pieces = _retold(take, stream=stream, usage=usage) if kept is None else frames_of(kept) if stream else [kept]
    headers = {
        "content-type": EVENTS if stream and not take.error else "application/json",
        "x-replay": "reassembled" if kept is None else "recorded",
        "x-replay-exchange": id_text(take.exchange).decode(),
        **_encoding(kept or b""),
    }
    status = take.status or 200
    if not original:
        return Response(b"".join(pieces), status, headers)
    return StreamingResponse(_played(pieces, take), status, headers)


def _encoding(kept: bytes) -> dict[str, str]:
    """Frames are kept as they came: compressed, where the client had asked for that."""
    return {"content-encoding": "gzip" if kept.startswith(GZIP) else "zstd"} if kept.startswith((GZIP, ZSTD)) else {}


def _retold(take: Take, *, stream: bool, usage: bool) -> list[bytes]:
    pieces = retold(take, stream=stream, usage=usage)
    if not pieces:
        name = id_text(take.exchange).decode()
        message = f"Of the recorded exchange {name} no answer was kept that could be given again."
        raise NotFound(message, code="not_on_record")
    return pieces


async def _played(pieces: list[bytes], take: Take) -> AsyncIterator[bytes]:
    for seconds, piece in paced(pieces, take):
        if seconds:
            await asyncio.sleep(seconds)
        yield piece
