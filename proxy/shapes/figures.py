"""Numbers, times and ids as a person reads them.

Pure. ``None`` and 0 microseconds are unknown, and unknown is never shown as zero.
"""

from proxy.shapes.spelling import time_at

UNKNOWN = "–"  # noqa: RUF001 - a dash for what isn't known
_SHORTEST_ID = 13  # the hexadecimal digits of a UUIDv7's milliseconds


def money(nano: int | None) -> str:
    """Write nano-dollars in dollars: two digits after the point, or as many as show two that count."""
    if nano is None:
        return UNKNOWN
    if nano == 0 or abs(nano) >= 10_000_000:
        return f"${nano / 1e9:,.2f}"
    return f"${nano / 1e9:.{min(9, 11 - len(str(abs(nano))))}f}"


def spent(cost: int, unpriced: int) -> str:
    """Write a sum of costs; a plus says that some exchanges in it have no price."""
    return UNKNOWN if unpriced and not cost else money(cost) + "+" * bool(unpriced)


def count(number: int | None) -> str:
    """Write a count with its thousands apart."""
    return UNKNOWN if number is None else f"{number:,}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Write a count with its noun: `1 message`, `2 messages`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(micros: int) -> str:
    """Write a time span: `350 ms`, `1.2 s`, `3 min 5 s`, `2 h 3 min`."""
    if micros < 1_000_000:
        return f"{max(0, micros) // 1000} ms"
    if micros < 60_000_000:
        return f"{micros / 1e6:.1f} s"
    seconds = micros // 1_000_000
    minutes = seconds // 60
    return f"{minutes} min {seconds % 60} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size(octets: int) -> str:
    """Write a number of bytes."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if octets >= factor:
            return f"{octets / factor:.1f} {unit}"
    return f"{octets} B"


def moment(micros: int) -> str:
    """Write a time in the zone of this machine, to the minute."""
    return time_at(micros).astimezone().strftime("%Y-%m-%d %H:%M") if micros else UNKNOWN


def clock(micros: int) -> str:
    """Write a time of day in the zone of this machine, to the second."""
    return time_at(micros).astimezone().strftime("%H:%M:%S") if micros else UNKNOWN


def short_ids(ids: list[str]) -> list[str]:
    """Cut ids to the length at which no two of them are alike."""
    length = next(cut for cut in range(_SHORTEST_ID, 37) if cut == 36 or len({id[:cut] for id in ids}) == len(set(ids)))
    return [id[:length].rstrip("-") for id in ids]
