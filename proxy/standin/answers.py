"""What an endpoint answers: a status, headers and the body in pieces, not yet spoilt by any fault.

Also the pieces themselves: OpenAI's error shape, noise of any length, and the cutting of bodies at exact positions.
"""

from collections.abc import Iterable, Iterator
from hashlib import shake_256
from itertools import pairwise
from typing import Any

import msgspec

from proxy.standin.faults import Faults

Headers = tuple[tuple[bytes, bytes], ...]

JSON = b"application/json"
EVENTS = b"text/event-stream; charset=utf-8"
_BLOCK = 65536
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_CODES = {401: "invalid_api_key", 404: "not_found", 405: "method_not_allowed", 429: "rate_limit_exceeded"}


class Answer(msgspec.Struct, frozen=True):
    """One answer. Without a length it is a stream, and its pieces are frames."""

    content_type: bytes
    pieces: Iterable[bytes]
    length: int | None = None
    status: int = 200
    headers: Headers = ()
    lasting: bool = False  # so long that the client may leave before its end


def whole(body: bytes, content_type: bytes = JSON, status: int = 200, headers: Headers = ()) -> Answer:
    """Answer with one body of known length."""
    return Answer(content_type, (body,), len(body), status, headers)


def of(value: Any) -> Answer:
    """Answer with a value as JSON."""
    return whole(msgspec.json.encode(value))


def failure(status: int, message: str, *, code: str | None = None, headers: Headers = ()) -> Answer:
    """Answer with an error in OpenAI's shape."""
    kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    error = {"message": message, "type": kind, "param": None, "code": code or _CODES.get(status, f"standin_{status}")}
    return whole(msgspec.json.encode({"error": error}), status=status, headers=headers)


def misbehaved(answer: Answer, faults: Faults) -> Answer:
    """Change status and headers as asked."""
    if faults.status is not None and faults.status >= 400:
        answer = failure(faults.status, f"The stand-in answers {faults.status}, as asked.")
    elif faults.status is not None:
        answer = msgspec.structs.replace(answer, status=faults.status)
    return msgspec.structs.replace(answer, headers=answer.headers + _wished_headers(faults))


def noise(size: int) -> Iterator[bytes]:
    """Make bytes that look random and are always the same: a shorter noise is the start of a longer one."""
    for number in range(0, size, _BLOCK):
        yield shake_256(number.to_bytes(8)).digest(_BLOCK)[: size - number]


def sliced(pieces: Iterable[bytes], marks: Iterable[int | None]) -> Iterator[tuple[int, bytes]]:
    """Place each piece by the bytes before it, and cut the pieces at the marks."""
    edges = sorted({mark for mark in marks if mark})
    position = 0
    for piece in pieces:
        end = position + len(piece)
        inside = [position, *(edge for edge in edges if position < edge < end), end]
        for start, stop in pairwise(inside):
            yield start, piece[start - position : stop - position]
        position = end


def chopped(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Join the pieces and part them anew, whatever they mean."""
    body = b"".join(pieces)
    return (body[start : start + size] for start in range(0, len(body), size))


def _wished_headers(faults: Faults) -> Headers:
    lines = (faults.headers or "").splitlines()
    pairs = [line.partition(":") for line in lines if ":" in line]
    wished = [(name.strip().lower().encode(), value.strip().encode()) for name, _, value in pairs]
    if faults.retry_after is not None:
        wished.append((b"retry-after", faults.retry_after.encode()))
    return tuple(wished)
