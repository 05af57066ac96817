"""Images, sounds and files in messages: a part that names its content by its hash, or by where it lies."""

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
    if not head.endswith(";base64"):
        return Part(kind, key=digest_of(url.encode("utf-8", "surrogatepass")))
    return part_of_base64(kind, payload)


def part_of_base64(kind: str, payload: str) -> Part:
    """A part given by base64, or by a data URL after all. What is no base64 is named by its own hash."""
    if payload[:5].lower() == "data:":
        return part_of_url(kind, payload)
    try:
        return Part(kind, key=digest_of(b64decode(payload, validate=True)))
    except (binascii.Error, ValueError):
        return Part(kind, key=digest_of(payload.encode("utf-8", "surrogatepass")))
