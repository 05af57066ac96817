"""What is too large for a message's row is kept by itself, and a hole in the message says where it was. Pure.

A hole stands between NULs, which no JSON holds: how the content was written, its hash, its size and what it is. A NUL
that stands in a message all the same is doubled, so that every message comes back as it was.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable

import msgspec

SHORTEST = 24
"""Base64 of fewer characters stays where it is."""

_HOLE = re.compile(rb"\0(?:\0|([bs])([01])([0-9a-f]{32}) ([0-9]+) ([^\0]*)\0)")
_UNITS = ("bytes", "KB", "MB", "GB")


class Content(msgspec.Struct, frozen=True):
    """What is to be cut out of a message, where it stands in base64. ``kept`` says whether it is kept anywhere."""

    hash: bytes
    data: bytes
    note: str
    kept: bool = True


def cut(body: bytes, contents: Iterable[Content]) -> tuple[bytes, list[Content]]:
    """The body with holes, and the contents that were found in it: as base64, or as base64 with escaped slashes."""
    body = body.replace(b"\0", b"\0\0")
    found = []
    for content in sorted(contents, key=lambda one: -len(one.data)):
        payload = b64encode(content.data)
        ways = ((b"b", payload), (b"s", payload.replace(b"/", rb"\/")))
        way = next(((way, text) for way, text in ways if len(text) >= SHORTEST and text in body), None)
        if way is not None:
            body = body.replace(way[1], _hole(way[0], content))
            found.append(content)
    return body, found


def _hole(way: bytes, content: Content) -> bytes:
    note = content.note.replace("\0", "").encode("utf-8", "replace")
    head = way + str(int(content.kept)).encode() + content.hash.hex().encode()
    return b"\0" + head + b" %d " % len(content.data) + note + b"\0"


def fill(body: bytes, kept: Callable[[bytes], bytes]) -> bytes:
    """The inverse of ``cut``, given the contents by their hashes."""
    if b"\0" not in body:
        return body

    def filling(hole: re.Match[bytes]) -> bytes:
        if hole[1] is None:
            return b"\0"
        text = b64encode(kept(bytes.fromhex(hole[3].decode())))
        return text if hole[1] == b"b" else text.replace(b"/", rb"\/")

    return _HOLE.sub(filling, body)


def without_lost(body: bytes) -> bytes:
    """The body with nothing where content stood that isn't kept."""
    return _HOLE.sub(lambda hole: b"" if hole[2] == b"0" else hole[0], body)


def named(body: bytes) -> set[bytes]:
    """The hashes of what was cut out of a body."""
    return {bytes.fromhex(hole[3].decode()) for hole in _HOLE.finditer(body) if hole[1] is not None}


def held(body: bytes) -> set[bytes]:
    """The hashes of what was cut out of a body and is kept elsewhere."""
    return {bytes.fromhex(hole[3].decode()) for hole in _HOLE.finditer(body) if hole[1] and hole[2] == b"1"}


def tell(body: bytes) -> bytes:
    """The body with words in the place of each hole: ``[image 640x480 png 12 KB #1a2b3c4d]``."""
    return _HOLE.sub(_told, body) if b"\0" in body else body


def _told(hole: re.Match[bytes]) -> bytes:
    if hole[1] is None:
        return b"\0"
    words = [hole[5].decode(), size_text(int(hole[4])), f"#{hole[3][:8].decode()}"]
    return f"[{' '.join(filter(None, words))}{'' if hole[2] == b'1' else ', not kept'}]".encode()


def size_text(size: int) -> str:
    """A number of bytes as people say it."""
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}"
