"""Who may use the proxy, and whose data it is. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from proxy.errors import Forbidden, Unauthorized
from proxy.headers import KEYS, Headers, values_of
from proxy.identity import caller_key, owner_of_key
from proxy.origins import is_of_another_machine
from proxy.preferences import NO_PREFERENCE, Preference

KNOWN, SHORT = 10_000, 1024
"""So many owners are remembered, of keys of up to so many bytes."""


@dataclass(frozen=True, slots=True)
class Access:
    """The settings of access, with the store's secret that owners are hashed with."""

    secret: bytes
    owners: str
    require_key: bool
    keys: tuple[str, ...]
    aliases: Mapping[bytes, bytes] = field(default_factory=dict)
    """The owners that are taken for others."""
    prefers: Mapping[str, Preference] = field(default_factory=dict)
    """What is forwarded of long conversations, where that is set for a key."""
    is_local: bool = False
    """Whether the proxy listens on this machine alone."""
    known: dict[Headers, bytes] = field(default_factory=dict)
    """The owners met so far, by what they showed."""

    def owner(self, headers: Headers) -> bytes:
        """The owner of a request. Raises ``Unauthorized`` for a caller who may not use the proxy."""
        if self.require_key or self.keys:
            self._admit(caller_key(headers))
        shown = tuple(pair for pair in headers if pair[0] in KEYS)
        owner = self.known.get(shown)
        if owner is None:
            owner = self.holder(caller_key(shown))
            if sum(len(value) for _, value in shown) <= SHORT:
                if len(self.known) >= KNOWN:
                    self.known.clear()
                self.known[shown] = owner
        return owner

    def check_origin(self, headers: Headers, *, lends: bool) -> None:
        """Raises ``Forbidden`` for a page from elsewhere that brings no key, where it would be lent a provider's own.

        Only a proxy for this machine alone takes callers without a key for the machine's own.
        """
        if lends and self.is_local and caller_key(headers) is None and is_of_another_machine(values_of(headers)):
            message = "Pages of other sites are answered only with an API key of their own; none is lent to them."
            raise Forbidden(message, code="cross_site")

    def preference(self, headers: Headers) -> Preference:
        """What is forwarded of the caller's long conversations, where that is set for its key."""
        return self.prefers.get(caller_key(headers) or "", NO_PREFERENCE) if self.prefers else NO_PREFERENCE

    def holder(self, key: str | None) -> bytes:
        """The owner whose key that is, be it one who may use the proxy or not; without one, that of all without."""
        owner = owner_of_key(key, self.secret, self.owners)
        return self.aliases.get(owner, owner)

    def _admit(self, key: str | None) -> None:
        if key is None:
            message = "This proxy serves only callers with an API key; send one as 'Authorization: Bearer KEY'."
            raise Unauthorized(message)
        if self.keys and not any(hmac.compare_digest(key.encode(), known.encode()) for known in self.keys):
            message = "This proxy doesn't know the API key; its access.keys must hold it."
            raise Unauthorized(message, code="invalid_api_key")
