"""Which session a request continues: the rules, over what the store found. Pure; the look-up is storage's.

A wrong join is worse than a missed one: where more than one session fits and nothing tells them apart, none is taken,
except among sessions whose histories are identical so far, which are interchangeable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from proxy.chain import Chained
from proxy.identity import Hints
from storage.records import Found, Held, Lookup, Missed, Stand


class Continue(msgspec.Struct, frozen=True):
    """The request goes on in ``session`` after the message stored as ``at``; if that is empty, from the root."""

    session: bytes
    at: bytes
    match: str


class Fork(msgspec.Struct, frozen=True):
    """As ``Continue``, where the session has gone on from that message before."""

    session: bytes
    at: bytes
    match: str


class Retry(msgspec.Struct, frozen=True):
    """Another attempt of an exchange that ended without an answer."""

    session: bytes
    exchange: bytes
    at: bytes
    match: str = "retry"


class New(msgspec.Struct, frozen=True):
    """A new session, under the client's ``name`` for it if there is one."""

    name: str = ""
    match: str = "new"
    at: bytes = b""
    """What it goes on from, of another session: the message that is stored as this, with all before it."""


Place = Continue | Fork | Retry | New


class HeldBy(NamedTuple):
    """What a request says of a history that its upstream holds: the reply that it names, or that it just goes on."""

    handle: str = ""
    follows: bool = False


NOT_HELD = HeldBy()


def lookup_of(owner: bytes, body_hash: bytes, hints: Hints, chained: Chained | None, held: HeldBy = NOT_HELD) -> Lookup:
    """What has to be looked up to place a request."""
    name, weak = hints.name or "", hints.weak or ""
    if chained is None:
        return Lookup(owner=owner, handle=held.handle) if held.handle else Lookup(owner=owner, name=name, weak=weak)
    end, answer = chained.end, chained.answer
    return Lookup(
        owner=owner,
        body_hash=body_hash,
        name=name,
        weak=weak,
        anchor=chained.anchor,
        next=chained.next,
        pair=chained.pair,
        pairs=end.pairs[1:],
        prefixes=tuple(answer for answer in end.answers if answer != chained.anchor),
        calls=end.calls,
        handle=held.handle,
        follows=held.follows and not chained.anchor,
        behind=answer.parent if answer else b"",
        said=answer.message.text.strip() if answer else "",
    )


def place(lookup: Lookup, found: Found, hints: Hints, system: bytes) -> Place:
    """The session that a request belongs to, and where in its tree."""
    if lookup.name:
        return _named(lookup, found, hints.source or "client")
    if found.missed is not None:
        return _retry(found.missed)
    if found.held is not None:
        return _behind(found.held, "history")
    anchored = _best(found.anchored or _shown(lookup, found), system)
    stand = anchored or _overlap(found, system)
    if stand is not None:
        return _at(stand, "history" if anchored else "overlap")
    if found.weak:
        return Continue(found.weak, b"", "client")
    return New(lookup.weak, "client" if lookup.weak else "new")


def _named(lookup: Lookup, found: Found, match: str) -> Place:
    if not found.named:
        return New(lookup.name, match, found.held.at if found.held else b"")
    if found.missed is not None and found.missed.session == found.named:
        return _retry(found.missed)
    if found.held is not None:
        return _behind(found.held, match)
    stand = _best(found.anchored or _shown(lookup, found), b"") or _overlap(found, b"")
    return _at(stand, match) if stand is not None else Continue(found.named, b"", match)


def _retry(missed: Missed) -> Retry:
    return Retry(missed.session, missed.exchange, missed.tip)


def _at(stand: Stand, match: str) -> Place:
    goes_on = stand.continued and not stand.holds_next
    return Fork(stand.session, stand.at, match) if goes_on else Continue(stand.session, stand.at, match)


def _behind(held: Held, match: str) -> Place:
    where = Fork if held.continued else Continue
    return where(held.session, held.at, match)


def _best(stands: Sequence[Stand], system: bytes) -> Stand | None:
    """Of sessions with one history: one that holds the next message, one not yet continued, same system, latest."""

    def worth(stand: Stand) -> tuple[bool, bool, bool, int]:
        return stand.holds_next, not stand.continued, stand.system == system, stand.updated_at

    return max(stands, key=worth, default=None)


def _shown(lookup: Lookup, found: Found) -> tuple[Stand, ...]:
    """The one session that stands at the anchor, though it is stored at another digest: its client shows the history,
    or the answer, cut or changed."""
    exact = bool(lookup.anchor) and all(stand.by == lookup.anchor for stand in found.called)
    return found.called if exact and len({stand.session for stand in found.called}) == 1 else ()


def _overlap(found: Found, system: bytes) -> Stand | None:
    """What is left of a history that was cut: a call, an answer with its question, the longest known prefix."""
    for stands in (found.called, found.paired, found.prefixed):
        if len({stand.session for stand in stands}) == 1:
            session = stands[0].session
            # The answer that a question was just put behind says more of the place in the tree than an earlier call.
            latest = [stand for stand in found.paired if stand.session == session]
            return latest[0] if latest else stands[0]
    return _interchangeable(found.called, system)


def _interchangeable(stands: Sequence[Stand], system: bytes) -> Stand | None:
    """An id names one answer, but equal answers to equal histories are one message, which stands in all their sessions:
    of those that still end there, any will do."""
    ends = [stand for stand in stands if not stand.continued]
    return _best(ends, system) if len({stand.at for stand in stands}) == 1 else None
