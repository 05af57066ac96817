"""The times that others write, as microseconds since 1970. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

LATEST = 10_000_000_000
"""The year 2286: greater numbers of seconds are milliseconds, microseconds or nanoseconds."""


def micros(value: object) -> int:
    """A time as text or as a number; 0 for what is none."""
    if isinstance(value, bool) or value is None:
        return 0
    if isinstance(value, int | float):
        return _number(float(value))
    return _text(value) if isinstance(value, str) else 0


def _number(value: float) -> int:
    if not 0 < value < 2**62:
        return 0
    while value >= LATEST:
        value /= 1000
    return int(value * 1_000_000)


def _text(value: str) -> int:
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError:
        return 0
    return max(0, int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1_000_000))
