"""What a call of ``/api`` is: its path, the types of what it takes and gives, and the way from one to the other.

The same types make the OpenAPI document, so that it says what is served.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Generic, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from proxy.api.gate import Caller, Gate
from proxy.dialects.jsontext import REFUSALS
from proxy.errors import (
    BadRequest,
    BodyTooLarge,
    Forbidden,
    HttpError,
    MethodNotAllowed,
    StoreUnavailable,
    Unauthorized,
)
from proxy.headers import KEYS
from proxy.meter import Meter
from proxy.recorder import Recorder
from proxy.reflecting import Reflector
from proxy.savings import Price, unknown
from storage.ports import BadCursor, Store, StoreError

log = logging.getLogger("steno.api")
T = TypeVar("T")
JSON = "application/json"
SAFETY = {"x-content-type-options": "nosniff", "cache-control": "private, no-cache"}


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A part of a list; ``next_cursor`` is null at its end."""

    data: list[T]
    next_cursor: str | None = None


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A call that takes no parameters."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the calls work with."""

    store: Store
    recorder: Recorder
    gate: Gate
    meter: Meter
    clock: Callable[[], int]
    run: bytes
    max_body_bytes: int
    reflector: Reflector
    vitals: Callable[[], Mapping[str, Any]]
    price: Price = unknown

    def sees(self, request: Request) -> bytes | None:
        """Whose data a request may read; ``None`` is everybody's. Raises ``HttpError``."""
        peer = request.client.host if request.client else ""
        return self.gate.caller(request.method, request.scope["headers"], peer).sees

    def replays(self, request: Request) -> bytes | None:
        """The same for a client that always sends some key: who may read all without one may send any."""
        peer = request.client.host if request.client else ""
        keyless = tuple(pair for pair in request.scope["headers"] if pair[0] not in KEYS)
        try:
            return self.gate.caller(request.method, keyless, peer).sees
        except (Forbidden, Unauthorized):
            return self.sees(request)


@dataclass(frozen=True, slots=True)
class Call:
    """One call, read and admitted."""

    desk: Desk
    caller: Caller
    path: Mapping[str, str]
    query: Any
    body: Any
    user_agent: str = ""

    @property
    def store(self) -> Store:
        """The store."""
        return self.desk.store


Handler = Callable[[Call], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path. What it does is the docstring of its handler; a handler gives a shape or a response."""

    method: str
    path: str
    handle: Handler
    answers: Any = None
    query: type[Any] = NoQuery
    body: Any = None
    status: int = 200
    media: str = JSON
    others: Sequence[str] = ()
    """What else it may answer with, as text."""
    fails: Sequence[int] = field(default=())
    """The statuses of its errors, besides those that any call may have."""


def served(desk: Desk, endpoints: Sequence[Endpoint]) -> Callable[[Request], Awaitable[Response]]:
    """What answers the requests for one path."""
    methods = {endpoint.method: endpoint for endpoint in endpoints}
    allowed = ", ".join(sorted({*methods, *({"HEAD"} if "GET" in methods else ())}))

    async def serve(request: Request) -> Response:
        endpoint = methods.get("GET" if request.method == "HEAD" else request.method)
        try:
            if endpoint is None:
                message = f"{request.method} is not for {request.url.path}; {allowed} are."
                raise MethodNotAllowed(message)
            return await _answered(desk, endpoint, request)
        except HttpError as error:
            return refusal(error, {"allow": allowed} if isinstance(error, MethodNotAllowed) else {})
        except BadCursor as error:
            return refusal(BadRequest(f"cursor: {error}.", code="bad_cursor", param="cursor"))
        except StoreError as error:
            return refusal(StoreUnavailable(str(error)))
        except ClientDisconnect:
            return Response(status_code=499)

    return serve


def refusal(error: HttpError, headers: Mapping[str, str] | None = None) -> Response:
    """An error in OpenAI's shape."""
    more = {"www-authenticate": "Bearer"} if error.status == 401 else {}
    return Response(error.body(), error.status, {**SAFETY, **more, **(headers or {})}, JSON)


async def _answered(desk: Desk, endpoint: Endpoint, request: Request) -> Response:
    peer = request.client.host if request.client else ""
    caller = desk.gate.caller(request.method, request.scope["headers"], peer)
    query = _query(endpoint.query, request.query_params.multi_items())
    body = None if endpoint.body is None else read_json(await _read(request, desk.max_body_bytes), endpoint.body)
    agent = request.headers.get("user-agent", "")
    answer = await endpoint.handle(Call(desk, caller, request.path_params, query, body, agent))
    if isinstance(answer, Response):
        answer.headers.update(SAFETY)
        return answer
    return tagged(request, msgspec.json.encode(answer), endpoint.status)


def tagged(request: Request, data: bytes, status: int = 200, media: str = JSON) -> Response:
    """An answer with its tag; nothing but the tag where the caller has it already."""
    headers = dict(SAFETY)
    if request.method in ("GET", "HEAD"):
        headers["etag"] = tag = f'"{blake2b(data, digest_size=16).hexdigest()}"'
        known = request.headers.get("if-none-match", "")
        if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
            return Response(status_code=304, headers=headers)
    return Response(data, status, headers, media)


def _query(kind: type[Any], given: Sequence[tuple[str, str]]) -> Any:
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    for name, _ in given:
        if name not in names:
            valid = f"valid are {', '.join(names)}" if names else "this call takes none"
            message = f"There is no parameter {name[:80]!r} here; {valid}."
            raise BadRequest(message, param=name[:80])
    if len(dict(given)) < len(given):
        message = "A parameter may be given once only."
        raise BadRequest(message)
    try:
        query = msgspec.convert(dict(given), type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error
    for name, value in given:
        if getattr(query, name) is None:  # the word null is a value for nobody who reads the document
            message = f"{name}: {value!r} is no value; leave it away."
            raise BadRequest(message, param=name)
    return query


def read_json(data: bytes, kind: Any) -> Any:
    """A body as what it must be. Raises ``BadRequest``."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error
    except REFUSALS as error:
        message = "The body must be JSON."
        raise BadRequest(message) from error


WORD = "hold a word"
FORMS = {
    "q": WORD,
    "error": WORD,
    "rationale": WORD,
    "owner": "be 32 hexadecimal digits",
    "id": "hold no control characters",
}
"""What the patterns of texts say, in words."""


def _invalid(error: msgspec.ValidationError) -> BadRequest:
    found = re.search(r"(?:`\$\.|required field `)(\w+)", str(error))
    message = f"{found[1]}: {error}" if found else str(error)
    if found and found[1] in FORMS and "matching regex" in message:
        message = f"{found[1]} must {FORMS[found[1]]}."
    return BadRequest(message, param=found[1] if found else None)


async def _read(request: Request, limit: int) -> bytes:
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            message = f"The body is longer than server.max_body_bytes ({limit})."
            raise BodyTooLarge(message)
        pieces.append(piece)
    return b"".join(pieces)


async def listed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The answer of a list whose elements are JSON already."""
    yield b'{"data":['
    separator = b""
    async for piece in pieces:
        yield separator + piece
        separator = b","
    yield b'],"next_cursor":null}'
