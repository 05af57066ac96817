"""The parameters of a question in a URL -> values, or an error that says what is valid. Pure, but for the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from proxy.errors import BadRequest, HttpError, StoreUnavailable
from proxy.moments import moment
from storage.ports import BadCursor, StoreError

Handler = Callable[[Request], Awaitable[Response]]
Owner = Callable[[Request], bytes | None]
"""Whose data a caller may see; ``None`` is everyone's. Raises ``HttpError`` for one who may see nothing."""

MOST = 1000
JSON = "application/json"


def guarded(handler: Handler) -> Handler:
    """Answer an error of ours in OpenAI's shape."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except HttpError as error:
            return refusal(error)
        except BadCursor as error:
            return refusal(BadRequest(f"cursor: {error}.", param="cursor"))
        except StoreError as error:
            return refusal(StoreUnavailable(f"The store can't be read: {error}."))

    return handle


def refusal(error: HttpError) -> Response:
    """An error as OpenAI's clients expect it."""
    return Response(error.body(), error.status, media_type=JSON)


def known(given: Mapping[str, str], names: Sequence[str]) -> None:
    """Refuse parameters that nobody would heed."""
    unknown = sorted(set(given) - set(names))
    if unknown:
        message = f"{unknown[0]} is no parameter here; there are {', '.join(names)}."
        raise BadRequest(message, param=unknown[0])


def count(given: Mapping[str, str], name: str, default: int) -> int:
    """How many, from 1 on."""
    text = given.get(name, "") or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= MOST):
        message = f"{name} must be a number from 1 to {MOST}."
        raise BadRequest(message, param=name)
    return int(text)


def choice(given: Mapping[str, str], name: str, values: Sequence[str], default: str = "") -> str:
    """One of a few words."""
    text = given.get(name, "") or default
    if text and text not in values:
        message = f"{name} must be one of {', '.join(values)}."
        raise BadRequest(message, param=name)
    return text


def time(given: Mapping[str, str], name: str, now: int) -> int:
    """A time in microseconds; 0 where none is given."""
    text = given.get(name, "")
    try:
        return moment(text, now) if text else 0
    except ValueError as error:
        message = f"{name} must be {error}."
        raise BadRequest(message, param=name) from error
