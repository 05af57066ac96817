"""Who may look at the pages, and whose form is taken. Pure.

Without an admin token only callers of this machine may, and only under a name of this machine: a page of another site
whose name was made to lead here is not let in. With one, whoever shows the pass that the login gives out. What changes
something also needs the mark that stood in its form.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import urlsplit

PASS = "steno_pass"  # noqa: S105 (a cookie's name)
VISIT = "steno_visit"
LASTS_SECONDS = 30 * 24 * 3600


class Verdict(Enum):
    """What becomes of a request."""

    OPEN = "open"
    LOGIN = "login"
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Gate:
    """``key`` is the store's own secret: passes and marks are made with it, and hold in all processes on the store."""

    key: bytes
    admin_token: str = ""

    def verdict(self, client: str, host: str, cookies: Mapping[str, str], now: int) -> Verdict:
        """Whether the pages are open to a caller; ``now`` is in microseconds."""
        if self.admin_token:
            return Verdict.OPEN if self._holds(cookies.get(PASS, ""), now) else Verdict.LOGIN
        return Verdict.OPEN if is_loopback(client) and is_own_name(host) else Verdict.SHUT

    def pass_for(self, token: str, now: int) -> str | None:
        """The pass that a token opens the pages with; None if it is the wrong one."""
        if not self.admin_token or not hmac.compare_digest(token.encode(), self.admin_token.encode()):
            return None
        ends = str(now // 1_000_000 + LASTS_SECONDS)
        return f"{ends}.{self._signed('pass', ends, self.admin_token)}"

    def _holds(self, shown: str, now: int) -> bool:
        ends, _, signature = shown.partition(".")
        if not (ends.isascii() and ends.isdigit()) or len(ends) > 12 or int(ends) * 1_000_000 < now:
            return False
        return hmac.compare_digest(signature.encode(), self._signed("pass", ends, self.admin_token).encode())

    def mark(self, visit: str) -> str:
        """What the forms of a visit carry."""
        return self._signed("mark", visit)

    def takes(self, visit: str, mark: str, origin: str, host: str) -> bool:
        """Whether a form comes from a page of ours."""
        if origin and urlsplit(origin).netloc != host:
            return False
        return bool(visit) and hmac.compare_digest(mark.encode(), self.mark(visit).encode())

    def _signed(self, *words: str) -> str:
        return hmac.new(self.key, "\n".join(("pages", *words)).encode(), sha256).hexdigest()


def is_loopback(address: str) -> bool:
    """Whether a caller is on this machine."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def is_own_name(host: str) -> bool:
    """Whether a ``Host`` is one that only this machine calls itself by."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or name.endswith(".localhost") or is_loopback(name)
