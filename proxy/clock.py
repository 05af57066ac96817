"""The time in microseconds, and ids that sort by it."""

from __future__ import annotations

import os
import time


def now() -> int:
    """Microseconds since 1970 in UTC."""
    return time.time_ns() // 1000


def new_id(at: int) -> bytes:
    """A UUIDv7 of that time."""
    random = bytearray(os.urandom(10))
    random[0] = 0x70 | random[0] & 0x0F
    random[2] = 0x80 | random[2] & 0x3F
    return (at // 1000).to_bytes(6, "big") + bytes(random)


def id_text(value: bytes) -> bytes:
    """An id as UUIDs are written."""
    digits = value.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}".encode()
