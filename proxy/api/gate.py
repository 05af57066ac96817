"""Who may read what was recorded, and change it. Pure.

The admin token opens everything. An API key opens what was recorded under it: who has the key is its owner. A token
that tells its owner by itself (a JWT) opens nothing, since nobody has verified here what it says. Without an admin
token, a proxy that listens on loopback is open to local callers, but not to what a browser or another proxy brings.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from proxy.access import Access
from proxy.errors import Forbidden, Unauthorized
from proxy.headers import Headers, values_of
from proxy.identity import caller_key, is_claimed

SAFE = frozenset({"GET", "HEAD"})
FORWARDED = (b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"forwarded")


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
        return Caller(None, self._owner(key))

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
            return Caller(None, self._owner(None))
        return Caller(owner := self._owner(key), owner) if self._proves(key) else None

    def _owner(self, key: str | None) -> bytes:
        return self.access.holder(key)

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


def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine's own."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        found = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def is_local(values: dict[bytes, bytes], peer: str) -> bool:
    """Whether a caller is on this machine. A page of another site may have its name point here; another proxy makes
    every caller look local."""
    local = (not peer or is_loopback(peer)) and is_loopback(_host(values.get(b"host", b"")))
    return local and not any(name in values for name in FORWARDED)


def is_of_this_site(values: dict[bytes, bytes]) -> bool:
    """Whether what a browser sends comes from a page of this server, as far as it says."""
    origin = values.get(b"origin")
    same = origin is None or origin.partition(b"://")[2].lower() == values.get(b"host", b"").lower()
    return same and values.get(b"sec-fetch-site", b"same-origin") in (b"same-origin", b"none")


def _host(value: bytes) -> str:
    try:
        return urlsplit("//" + value.decode("latin-1")).hostname or ""
    except ValueError:
        return ""
