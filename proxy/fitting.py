"""A request on its way, made to fit: planned before it is sent, and once more if its model finds it too long."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from proxy.asked import Asked
from proxy.context import Compacted, Context
from proxy.dialects.overlong import STATUSES, Overlong, overlong
from proxy.forwarding import Forwarding
from proxy.headers import Headers
from proxy.inbox import decoded
from proxy.providers import Provider
from proxy.upstream import Incoming, UpstreamCut
from storage.records import Closed

ERROR_BYTES = 65_536
"""So much is read of an error before it is passed on."""


@dataclass(slots=True)
class Fitting:
    """One request on its way. ``compacted`` is what was forwarded in its place, if that is less."""

    context: Context
    forwarding: Forwarding
    compacted: Compacted | None = None

    async def send(self) -> Incoming:
        """The head of the reply that the client gets. Raises ``HttpError``: the last attempt's."""
        asked = self.forwarding.asked
        if not self.context.may(asked):
            return await self.forwarding.send()
        self.forwarding.fit = self._fit
        incoming = await self.forwarding.send()
        said = await _said(incoming) if incoming.status in STATUSES else None
        shorter = await self.context.shorter(asked, self.forwarding.provider, said) if said else None
        if shorter is None:
            return incoming
        incoming.close()
        self.compacted = shorter
        return await self.forwarding.resend(shorter.asked, incoming.status)

    @property
    def headers(self) -> Headers:
        """What the client is told of it."""
        return self.compacted.headers() if self.compacted else ()

    def noted(self, record: Closed) -> Closed:
        """The record of the reply with what was forwarded to get it."""
        if self.compacted is None:
            return record
        return replace(record, planned=self.compacted.record())

    async def _fit(self, provider: Provider) -> Asked:
        """What that provider is asked."""
        self.compacted = await self.context.compacted(self.forwarding.asked, provider)
        return self.compacted.asked if self.compacted is not None else self.forwarding.asked


async def _said(incoming: Incoming) -> Overlong | None:
    """What an error says of the request's length."""
    try:
        body = await incoming.beginning(ERROR_BYTES)
    except UpstreamCut:
        return None
    encoding = incoming.values.get(b"content-encoding", b"").decode("latin-1")
    return overlong(incoming.status, decoded(body, encoding, ERROR_BYTES) or b"")
