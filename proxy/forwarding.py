"""One request on its way to whoever answers it: tried, tried again, taken to the next provider, each attempt noted.

Carries out what ``attempts`` decides and tells the breakers what came of it. It ends with the head of the reply that
the client gets; what comes after that is the relay's, and nothing is repeated any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import random

from msgspec.structs import replace

from proxy.aim import Aim, aimed
from proxy.asked import LARGE, Asked
from proxy.attempts import (
    BREAKER_OPEN,
    CANCELLED,
    RETRYABLE,
    TOO_LONG,
    UNCONNECTED,
    Backoff,
    Done,
    Next,
    Outcome,
    Policy,
    Step,
    Wait,
    outcome_of,
    retries_itself,
)
from proxy.breaker import Breakers
from proxy.errors import UpstreamSilent, UpstreamUnreachable
from proxy.headers import Headers
from proxy.providers import Provider, Providers
from proxy.upstream import Incoming, Upstream
from storage.records import Attempt

log = logging.getLogger("steno.forwarding")


@dataclass(frozen=True, slots=True)
class Forwarder:
    """What every request on its way works with; made once by the server."""

    upstream: Upstream
    providers: Providers
    breakers: Breakers
    clock: Callable[[], int]
    retries: int
    backoff: Backoff
    max_body_bytes: int


Fit = Callable[[Provider], Awaitable[Asked]]


@dataclass(slots=True)
class Forwarding:
    """One request on its way. ``attempts`` are empty as long as the first one does well."""

    room: Forwarder
    asked: Asked
    method: str
    headers: Headers
    fit: Fit | None = None
    """Makes the request fit who is asked; without it all are asked the same."""
    attempts: list[Attempt] = field(default_factory=list)
    aim: Aim | None = None
    _tries: int = 0
    _left: Sequence[Provider] = ()
    _started: int = 0

    @property
    def provider(self) -> Provider:
        """The one that was asked last: it gave what the client gets."""
        return self.aim.provider if self.aim is not None else self.asked.provider

    @property
    def model(self) -> str:
        """The model that was asked for, by its name there."""
        model = self.aim.model if self.aim is not None else ""
        return model or (self.asked.request.model if self.asked.request else "")

    async def send(self) -> Incoming:
        """The head of the reply that the client gets. Raises ``HttpError``: the last attempt's."""
        return await self._sent(await self._aim_at(self._first()))

    async def resend(self, asked: Asked, status: int) -> Incoming:
        """The same for another request in place of one that was refused with ``status``: too long for its model."""
        if not self.attempts:
            self._note(self.provider.name, self._started, status)
        self.attempts[-1] = replace(self.attempts[-1], error=TOO_LONG)
        return await self._sent(await self._aim(self.provider, asked))

    async def _sent(self, aim: Aim) -> Incoming:
        room = self.room
        while True:
            self._tries += 1
            self._started = started = room.clock()
            try:
                incoming = await room.upstream.send(aim.outgoing)
            except (UpstreamUnreachable, UpstreamSilent) as error:
                step = self._failed(Outcome(code=error.code), started)
                if isinstance(step, Done):
                    raise
            except asyncio.CancelledError:
                self._note(aim.provider.name, started, error=CANCELLED)
                raise
            else:
                if incoming.status not in RETRYABLE:
                    self._did_well(aim.provider.name, incoming.status, started)
                    return incoming
                step = self._failed(outcome_of(incoming.status, incoming.headers, started / 1e6), started)
                if isinstance(step, Done):
                    return incoming
                incoming.close()
            aim = await self._go_on(aim, step)

    def _first(self) -> Provider:
        """Who is asked first: the one that was chosen, unless it is known to fail and another isn't."""
        provider = self.asked.provider
        # Only what a dialect reads is of no provider in particular: a file or a batch is where it was made.
        if not provider.fallback or self.asked.dialect is None or self._is_held():
            return provider
        self._left = [provider, *self.room.providers.after(provider)]
        if self._finds_next():
            return self._taken()
        self.attempts.clear()
        return provider

    def _is_held(self) -> bool:
        """Whether the upstream holds what the request goes on from: another one doesn't."""
        request = self.asked.request
        return request is not None and bool(request.previous or request.follows)

    def _taken(self) -> Provider:
        """The next provider, which is then behind us."""
        provider, *self._left = self._left
        return provider

    def _finds_next(self) -> bool:
        """Whether there is another provider to ask; those that are known to fail are passed over."""
        while self._left and not self.room.breakers[self._left[0].name].admits():
            self._note(self._taken().name, self.room.clock(), error=BREAKER_OPEN)
        return bool(self._left)

    async def _aim_at(self, provider: Provider) -> Aim:
        return await self._aim(provider, await self.fit(provider) if self.fit is not None else self.asked)

    async def _aim(self, provider: Provider, asked: Asked) -> Aim:
        self._tries = 0
        given, content = (asked, provider, self.method, self.headers, self.room.max_body_bytes), asked.content
        # Where a model is renamed, the body is read once more.
        is_long = bool(provider.model_map) and isinstance(content, bytes) and len(content) > LARGE
        self.aim = await asyncio.to_thread(aimed, *given) if is_long else aimed(*given)
        return self.aim

    async def _go_on(self, aim: Aim, step: Wait | Next) -> Aim:
        if isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
            return aim
        provider = self._taken()
        log.info("%s failed; asking %s", aim.provider.name, provider.name)
        return await self._aim_at(provider)

    def _did_well(self, name: str, status: int, started: int) -> None:
        breaker = self.room.breakers[name]
        if breaker.failures:
            breaker.succeeded()
        if self.attempts:
            self._note(name, started, status)

    def _failed(self, outcome: Outcome, started: int) -> Step:
        """What to do after a failed attempt, which is noted."""
        name = self.provider.name
        self._note(name, started, outcome.status, outcome.code)
        resends = isinstance(self.asked.content, bytes)
        # An upload that its own client broke off looks like the upstream's fault.
        if outcome.is_fault and (resends or outcome.code == UNCONNECTED):
            self._blame(name)
        retries = 0 if retries_itself(self.headers) else self.room.retries
        step = Policy(retries, resends, self.room.backoff).after(outcome, self._tries, random())  # noqa: S311 (jitter)
        return Done() if isinstance(step, Next) and not self._finds_next() else step

    def _blame(self, name: str) -> None:
        if self.room.breakers[name].failed():
            log.warning("%s failed too often; it is passed over where another provider is named for that", name)

    def _note(self, name: str, started: int, status: int = 0, error: str = "") -> None:
        number = len(self.attempts) + 1
        self.attempts.append(Attempt(number, name, started, self.room.clock(), status, error))
