"""How often somebody may be wrong: who tries too many keys has to wait, and so does who tries them from beside.

Times are microseconds, and given. What it knows, it knows of one process.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

MINUTE = 60_000_000
WRONG = 5
"""So many wrong keys a minute from one address."""
WRONG_BY_ALL = 100
KNOWN = 10_000


class Patience:
    """The wrong keys of the last minute, by where they came from."""

    def __init__(self) -> None:
        self._wrong: dict[str, list[int]] = {}
        self._all: list[int] = []

    def wait(self, peer: str, now: int) -> int:
        """The seconds until that caller may try again; 0 for at once."""
        mine = _recent(self._wrong.get(_place(peer), []), now)
        everybodys = self._all = _recent(self._all, now)
        full = [times[-most] for times, most in ((mine, WRONG), (everybodys, WRONG_BY_ALL)) if len(times) >= most]
        return max((-(-(at + MINUTE - now) // 1_000_000) for at in full), default=0)

    def wrong(self, peer: str, now: int) -> None:
        """Remember that a caller was."""
        place = _place(peer)
        if place not in self._wrong and len(self._wrong) >= KNOWN:
            self._wrong.clear()
        self._wrong[place] = [*_recent(self._wrong.get(place, []), now), now]
        self._all.append(now)


def _recent(times: list[int], now: int) -> list[int]:
    return [at for at in times if at > now - MINUTE]


def _place(peer: str) -> str:
    """An address; of IPv6 the network, since all of it is one household's."""
    try:
        found = ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    return str(found) if found.version == 4 else str(ip_network((found, 64), strict=False))
