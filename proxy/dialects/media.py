"""Images, sounds and files in messages: a part that names its content by its hash, and carries it where it is new."""

from __future__ import annotations

import binascii
from base64 import b64decode
from hashlib import sha256

from proxy.dialects.jsontext import clean
from proxy.messages import Part


def digest_of(data: bytes) -> str:
    """The name of content."""
    return f"sha256:{sha256(data).hexdigest()}"


def part_of_url(kind: str, url: str) -> Part:
    """A part given by an address: what it holds if that is a data URL, else the address itself."""
    if url[:5].lower() != "data:":
        return Part(kind, key=clean(url))
    head, _, payload = url.partition(",")
    media_type, *parameters = head[5:].split(";")
    data = _decoded(payload) if parameters[-1:] == ["base64"] else None
    return _part(kind, url, data, media_type)


def part_of_base64(kind: str, payload: str, media_type: str = "") -> Part:
    """A part given by base64, or by a data URL after all. What is no base64 is named by its own hash."""
    if payload[:5].lower() == "data:":
        return part_of_url(kind, payload)
    return _part(kind, payload, _decoded(payload), media_type)


def _decoded(payload: str) -> bytes | None:
    try:
        return b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        return None


def _part(kind: str, text: str, data: bytes | None, media_type: str) -> Part:
    named = text.encode("utf-8", "surrogatepass") if data is None else data
    return Part(kind, key=digest_of(named), media_type=clean(media_type), data=data or b"")
