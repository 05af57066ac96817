"""What an image costs in tokens, from the head of its data URL.

Knows the headers of PNG, JPEG, GIF and WebP, and OpenAI's tiles: 85 tokens, and at high detail 170 more for each tile
of 512 pixels, after the image is shrunk into 2048 by 2048 and its shorter side to 768. Reads no pixel and fetches no
address: an image of unknown size counts as a square of four tiles, 765.
"""

from __future__ import annotations

import binascii
from base64 import b64decode

LOW = 85
TILE = 170
UNKNOWN = LOW + 4 * TILE

# Base64 characters. A JPEG's size stands behind its EXIF and colour profile; the others', within 30 bytes.
_HEAD = 64
JPEG_HEAD = 262_144


def image_tokens(url: str, detail: str = "auto") -> int:
    """The tokens of one image, given the address that the message has for it; ``auto`` counts as ``high``."""
    if detail == "low":
        return LOW
    size = data_url_size(url)
    return UNKNOWN if size is None else LOW + TILE * tiles(*size)


def tiles(width: int, height: int) -> int:
    """How many tiles cover the image once it is shrunk; small images are not enlarged."""
    shrink = min(1.0, 2048 / max(width, height), 768 / min(width, height))
    # Rounded first: 1024 * (768 / 1024) must not become 768.0000001 and one tile more.
    across, down = (max(1, round(side * shrink)) for side in (width, height))
    return -(-across // 512) * -(-down // 512)


def data_url_size(url: str) -> tuple[int, int] | None:
    """Width and height of the image in a base64 data URL, ``None`` where they can't be read."""
    head, comma, _ = url[:256].partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        return None
    start = len(head) + 1
    length = JPEG_HEAD if url.startswith("/9j/", start) else _HEAD
    try:
        size = image_size(b64decode(url[start : start + length] + "=="))
    except (binascii.Error, ValueError):
        return None
    return size if size and min(size) > 0 else None


def image_size(head: bytes) -> tuple[int, int] | None:
    """Width and height from an image's first bytes."""
    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 24:
        return _big(head[16:20]), _big(head[20:24])
    if head.startswith((b"GIF87a", b"GIF89a")) and len(head) >= 10:
        return _little(head[6:8]), _little(head[8:10])
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP" and len(head) >= 30:
        return _webp_size(head)
    return _jpeg_size(head) if head.startswith(b"\xff\xd8") else None


def _webp_size(head: bytes) -> tuple[int, int] | None:
    match head[12:16]:
        case b"VP8X":
            return _little(head[24:27]) + 1, _little(head[27:30]) + 1
        case b"VP8L":
            bits = _little(head[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return _little(head[26:28]) & 0x3FFF, _little(head[28:30]) & 0x3FFF
        case _:
            return None


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    """Walk the segments up to the frame header, which alone knows the size."""
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if marker == 0xFF:  # padding before a marker
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return _big(head[at + 7 : at + 9]), _big(head[at + 5 : at + 7])
        else:
            at += 2 + _big(head[at + 2 : at + 4])
    return None


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
