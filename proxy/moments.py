"""A time as a person writes it -> microseconds. Pure: what time it is now is given."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

from proxy.shapes.spelling import micros_of

SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
SPAN = re.compile(r"([0-9]{1,9})([smhdw])")
VALID = "a time such as 2026-11-21, 2026-11-21T14:00:00Z, or so long ago as 90m, 12h, 7d, 2w"
MICROS = 1_000_000


def moment(text: str, now: int) -> int:
    """The time that a text names, after 1970; without a zone it is UTC. Raises ``ValueError``."""
    span = SPAN.fullmatch(text)
    if span:
        return max(1, now - int(span[1]) * SPANS[span[2]] * MICROS)
    with suppress(ValueError):
        return max(1, micros_of(text))
    # A plus of the zone that wasn't escaped in a URL arrives as a space.
    try:
        at = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", text) if "T" in text else text)
    except ValueError as error:
        raise ValueError(VALID) from error
    whole = at if at.tzinfo else at.replace(tzinfo=UTC)
    micros = (whole - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * MICROS
    return max(1, round(micros))
