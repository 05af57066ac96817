"""The images in a message's verbatim bytes: those that it carries, and the addresses of those that it only names.

Knows the layouts of chat completions, responses and messages, at any depth of a tool's result. Pure, and never raises.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

KINDS = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
DATA_URL = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,", re.IGNORECASE)
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Picture:
    """``kind`` and ``base64`` of one that the message carries, else the ``address`` at which it was."""

    kind: str = ""
    base64: str = ""
    address: str = ""

    @property
    def data(self) -> bytes | None:
        """The image's bytes; None if it is none that a browser should be given."""
        if self.kind not in KINDS:
            return None
        try:
            return b64decode(self.base64)
        except (binascii.Error, ValueError):
            return None


def pictures(body: bytes) -> list[Picture]:
    """The images of a message, in their order."""
    if b"image" not in body:
        return []
    try:
        return list(_found(msgspec.json.decode(b"[" + body + b"]"), 0))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


def _found(value: object, depth: int) -> Iterator[Picture]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from _found(item, depth + 1)
    elif isinstance(value, dict):
        picture = _picture(value)
        if picture is not None:
            yield picture
        else:
            for item in (value.get("content"), value.get("output")):
                yield from _found(item, depth + 1)


def _picture(part: dict[str, object]) -> Picture | None:
    match part:
        case {"type": "image_url", "image_url": {"url": str(url)}} | {"type": "input_image", "image_url": str(url)}:
            return _addressed(url)
        case {"type": "image", "source": {"data": str(data), "media_type": str(kind)}}:
            return Picture(kind.lower(), data)
        case {"type": "image", "source": {"url": str(url)}}:
            return _addressed(url)
        case {"type": "image_generation_call", "result": str(data)}:
            return Picture("image/png", data)
        case _:
            return None


def _addressed(url: str) -> Picture:
    head = DATA_URL.match(url)
    return Picture(head[1].lower(), url[head.end() :]) if head else Picture(address=url)
