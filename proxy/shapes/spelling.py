"""How ids, times and money are spelled for programs, and read back. Pure. What is unknown is null, never zero."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def rfc3339(micros: int) -> str | None:
    """Write a time: in UTC, to the microsecond."""
    return time_at(micros).isoformat(timespec="microseconds").replace("+00:00", "Z") if micros else None


def time_at(micros: int) -> datetime:
    """A time as a value."""
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)


def micros_of(text: str) -> int:
    """Read a time of RFC 3339. Raises ``ValueError``."""
    if not _TIME.fullmatch(text):
        message = "no time of RFC 3339"
        raise ValueError(message)
    whole = re.sub(r"\.(\d+)", lambda found: f".{found[1][:6]:<06}", text.upper())
    seconds = whole.replace(":60", ":59", 1) if re.search(r":60(?=[.Z+-])", whole) else whole  # a leap second
    return (datetime.fromisoformat(seconds) - _EPOCH) // _MICROSECOND


def uuid(octets: bytes) -> str | None:
    """Write an id; an empty one is none."""
    return str(UUID(bytes=octets)) if octets else None


def id_of(text: str) -> bytes:
    """Read an id; what is none is empty."""
    try:
        return UUID(text).bytes
    except ValueError:
        return b""


def dollars(nano: int | None) -> float | None:
    """Write nano-dollars in dollars."""
    return None if nano is None else nano / 1e9


def share(millionths: int | None) -> float | None:
    """Write a number from 0 to 1 that is kept in millionths."""
    return None if millionths is None else millionths / 1e6
