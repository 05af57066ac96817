"""Who may read what was recorded, and change it. Pure.

The admin token opens everything. An API key opens what was recorded under it: who has the key is its owner. A token
that tells its owner by itself (a JWT) opens nothing, since nobody has verified here what it says. Without an admin
token, a proxy that listens on loopback is open to local callers, but not to what a browser or another proxy brings.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from proxy.access import Access
from proxy.errors import Forbidden, Unauthorized
from proxy.headers import Headers, values_of
from proxy.identity import caller_key, is_claimed
from proxy.origins import is_local, is_loopback, is_of_this_site

SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose data a caller may see, None for all; and whose is what they make."""

    sees: bytes | None
    owner: bytes


@dataclass(frozen=True, slots=True)
class Gate:
    """The settings of access as they bind readers; ``host`` is the address that is served on."""

    access: Access
    admin_token: str
    host: str

    def caller(self, method: str, headers: Headers, peer: str) -> Caller:
        """Who calls. Raises ``Forbidden`` or ``Unauthorized``."""
        values = values_of(headers)
        if method not in SAFE and not is_of_this_site(values):
            message = "Pages of other sites may change nothing here."
            raise Forbidden(message)
        key = caller_key(headers)
        holder = self.holder(key) if key else None
        if holder is not None:
            return holder
        if not self.is_for_locals:
            raise Unauthorized(self._refusal(key))
        if not is_local(values, peer):
            message = (
                "Without access.admin_token this is open only to local callers that name this machine as localhost or "
                "127.0.0.1."
            )
            raise Forbidden(message)
        return Caller(None, self.access.holder(key))

    @property
    def is_for_locals(self) -> bool:
        """Whether callers of this machine need no key."""
        return not self.admin_token and is_loopback(self.host)

    @property
    def is_for_holders(self) -> bool:
        """Whether there is any key that opens something."""
        return bool(self.admin_token or self.access.keys) or self.access.owners == "key"

    def holder(self, key: str) -> Caller | None:
        """Who holds that key; None if it opens nothing."""
        if self.admin_token and hmac.compare_digest(key.encode(), self.admin_token.encode()):
            return Caller(None, self.access.holder(None))
        return Caller(owner := self.access.holder(key), owner) if self._proves(key) else None

    def _proves(self, key: str) -> bool:
        """Whether a key says by itself whose data is meant."""
        if self.access.keys:
            known = any(hmac.compare_digest(key.encode(), one.encode()) for one in self.access.keys)
            return known and not is_claimed(key)
        return self.access.owners == "key" and not is_claimed(key)

    def _refusal(self, key: str | None) -> str:
        if key is None:
            how = "its API key or access.admin_token" if self.admin_token else "its API key"
            return f"What was recorded is shown only to its owner: send {how} as 'Authorization: Bearer …'."
        return "This key opens nothing here: it isn't access.admin_token, and doesn't prove by itself whose it is."
