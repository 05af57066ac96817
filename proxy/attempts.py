"""What comes after an attempt at an upstream: another one there after a while, the next provider, or nothing. Pure.

A connection that failed is always tried once more, since nothing can have arrived. Whatever may have done work upstream
is repeated there only as often as the settings say; going on to the next provider needs no such leave, since naming it
is one. Only what comes before the first byte of a reply is judged here: after that, nothing is ever repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isnan

from proxy.errors import UpstreamUnreachable
from proxy.headers import Headers, value_of

UNCONNECTED = UpstreamUnreachable.default_code
"""No connection was made, so nothing can have reached the upstream."""
CLOSED = "upstream_closed"
"""The connection broke before there was an answer; the request may have arrived."""
BREAKER_OPEN = "breaker_open"
"""Not tried: this provider failed too often of late, and there was another one."""
TOO_LONG = "context_too_long"
"""The request was too long for its model; a shorter one was sent in its place."""
CANCELLED = "cancelled"
"""The client left, or Steno was ended, before there was an answer."""

RETRYABLE = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
FAULTS = frozenset({500, 502, 503, 504, 529})
"""Of these, those which say that the provider isn't well; the others concern one caller or one request."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait, in seconds: ``first`` doubled each time up to ``longest``, less up to a half by chance.

    An upstream that asks for more than ``patience`` isn't waited for.
    """

    first: float = 0.5
    longest: float = 8.0
    patience: float = 60.0

    def pause(self, tries: int, chance: float) -> float:
        """The wait after so many tries; ``chance`` is between 0 and 1."""
        return float(min(self.first * 2 ** (tries - 1), self.longest) * (1 - chance / 2))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: with the head of a reply, or with the code of an error of ours."""

    status: int = 0
    code: str = ""
    asks: float = 0.0
    """The seconds for which the upstream asks to be left alone."""
    final: bool = False
    """Whether the upstream says that trying again is of no use."""

    @property
    def failed(self) -> bool:
        """Whether another attempt may do better: nothing that is the caller's fault."""
        return bool(self.code) or self.status in RETRYABLE

    @property
    def is_fault(self) -> bool:
        """Whether it tells that the provider isn't well."""
        return bool(self.code) or self.status in FAULTS


@dataclass(frozen=True, slots=True)
class Wait:
    """Try the same provider again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Next:
    """Try the next provider, if there is one."""


@dataclass(frozen=True, slots=True)
class Done:
    """This is what the client gets."""


Step = Wait | Next | Done


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be tried for one request: ``retries`` after a failure that may have done work."""

    retries: int
    resends: bool
    """Whether its body can be sent again."""
    backoff: Backoff

    def after(self, outcome: Outcome, tries: int, chance: float) -> Step:
        """What comes after the last of so many tries at one provider."""
        if not outcome.failed or not self.resends:
            return Done()
        if tries > self._allowed(outcome) or outcome.asks > self.backoff.patience:
            return Next()
        return Wait(outcome.asks or self.backoff.pause(tries, chance))

    def _allowed(self, outcome: Outcome) -> int:
        """How often this may be tried again."""
        if outcome.code == UNCONNECTED:
            return max(1, self.retries)
        # Who was silent for all of its time would be so again, and what is no HTTP stays none.
        if outcome.final or outcome.code not in ("", CLOSED):
            return 0
        return self.retries


def outcome_of(status: int, headers: Headers, now: float) -> Outcome:
    """A reply's head, read; ``now`` is in seconds since 1970."""
    final = value_of(headers, b"x-should-retry").strip().lower() == b"false"
    return Outcome(status, asks=asked_seconds(headers, now), final=final)


def asked_seconds(headers: Headers, now: float) -> float:
    """For how long an upstream asks to be left alone; 0 if it doesn't, or in no way that can be read."""
    text = value_of(headers, b"retry-after").decode("latin-1").strip()
    milliseconds = _number(value_of(headers, b"retry-after-ms").decode("latin-1"))
    seconds = _number(text) if milliseconds is None else milliseconds / 1000
    if seconds is None:
        seconds = _until(text, now)
    return max(seconds, 0.0)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return None if isnan(value) else value


def _until(date: str, now: float) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except (ValueError, OverflowError):
        return 0.0


def retries_itself(headers: Headers) -> bool:
    """Whether a client says that this request is one that it repeats by itself."""
    count = value_of(headers, b"x-stainless-retry-count").strip()
    return count.isdigit() and int(count) > 0
