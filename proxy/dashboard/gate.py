"""Who may look at the pages, and whose form is taken. Pure.

They are open to whom ``/api`` is open, by the same rules; but a browser sends no key of its own. So whoever shows the
admin token or an API key once is given a pass: a cookie that says whose data it opens, until when, and nothing of the
key. What changes something also needs the mark that stood in its form.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from proxy.api.gate import Gate as Readers
from proxy.headers import Headers, values_of
from proxy.origins import is_local, is_of_this_site

PASS = "steno_pass"  # noqa: S105 (a cookie's name)
VISIT = "steno_visit"
LASTS_SECONDS = 30 * 24 * 3600
EVERYBODY = "all"


class Verdict(Enum):
    """What becomes of somebody who may not look."""

    LOGIN = "login"
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whose data somebody may see, None for all; and whether they hold a pass."""

    sees: bytes | None
    passed: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """``key`` is the store's own secret: passes and marks are made with it, and hold in all processes on the store."""

    key: bytes
    readers: Readers

    def visitor(self, headers: Headers, peer: str, cookies: Mapping[str, str], now: int) -> Visitor | Verdict:
        """Who looks; ``now`` is in microseconds."""
        whose = self._held(cookies.get(PASS, ""), now)
        if whose:
            return Visitor(None if whose == EVERYBODY else bytes.fromhex(whose), passed=True)
        if not self.readers.is_for_locals:
            return Verdict.LOGIN if self.readers.is_for_holders else Verdict.SHUT
        return Visitor(None, passed=False) if is_local(values_of(headers), peer) else Verdict.SHUT

    def pass_for(self, sees: bytes | None, now: int) -> str:
        """A pass that opens an owner's data, or everybody's."""
        ends, whose = str(now // 1_000_000 + LASTS_SECONDS), EVERYBODY if sees is None else sees.hex()
        return f"{ends}.{whose}.{self._sealed(ends, whose)}"

    def _held(self, shown: str, now: int) -> str:
        """Whom a pass lets in; empty if it is none, or too old."""
        ends, _, rest = shown.partition(".")
        whose, _, seal = rest.partition(".")
        if not (ends.isascii() and ends.isdigit()) or len(ends) > 12 or int(ends) * 1_000_000 < now:
            return ""
        return whose if hmac.compare_digest(seal.encode(), self._sealed(ends, whose).encode()) else ""

    def _sealed(self, ends: str, whose: str) -> str:
        """Another admin token, or another rule about keys, ends the passes that were given out under it."""
        access = self.readers.access
        rule = (self.readers.admin_token,) if whose == EVERYBODY else (access.owners, *access.keys)
        return self._signed("pass", ends, whose, *rule)

    def mark(self, visit: str) -> str:
        """What the forms of a visit carry."""
        return self._signed("mark", visit)

    def takes(self, visit: str, mark: str, headers: Headers) -> bool:
        """Whether a form comes from a page of ours."""
        same = is_of_this_site(values_of(headers))
        return same and bool(visit) and hmac.compare_digest(mark.encode(), self.mark(visit).encode())

    def _signed(self, *words: str) -> str:
        return hmac.new(self.key, "\n".join(("pages", *words)).encode(), sha256).hexdigest()
