"""What is stored, held against the hashes of what passed: each request and reply is rebuilt and hashed again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec

from proxy.chain import SIZE
from proxy.dialects import Unparsed
from proxy.kept import forwarded
from storage.ports import Store, StoreError
from storage.upkeep import Proof

BATCH = 200
T = TypeVar("T")


class Outcome(StrEnum):
    """How the rebuilt bytes compare with those that passed."""

    SAME = "same"
    DIFFERENT = "different"
    """They are others."""
    MISSING = "missing"
    """They should be rebuilt, and can't be: a piece of them is gone."""
    REASSEMBLED = "reassembled"
    """What was said is kept, but not the bytes in which it came."""
    MEDIA_NOT_KEPT = "media_not_kept"
    """All is kept but media that was too large for that."""
    NOT_KEPT = "not_kept"
    """There was nothing to keep."""
    NO_OTHER = "no_other"
    """The model was given the client's own bytes."""


FAULTS = frozenset({Outcome.DIFFERENT, Outcome.MISSING})


@dataclass(frozen=True, slots=True)
class Verified:
    """One exchange, looked at. ``row`` numbers it in its store; ``forwarded`` is what the model was given."""

    row: int
    exchange: bytes
    session: bytes
    request: Outcome
    forwarded: Outcome
    reply: Outcome

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with it."""
        return FAULTS.isdisjoint((self.request, self.forwarded, self.reply))


async def verified(store: Store, session: bytes | None = None) -> AsyncGenerator[Verified, None]:
    """All ended exchanges, or a session's, one by one."""
    after = 0
    while proofs := await store.upkeep.proofs(after, BATCH, session):
        for proof in proofs:
            yield await _verified(store, proof)
        after = proofs[-1].row


async def _verified(store: Store, proof: Proof) -> Verified:
    sent = await _read(store.sent(proof.exchange)) if proof.request else None
    request = compared(sent, proof.request, proof.path.encode()) if proof.request else Outcome.NOT_KEPT
    passed = await _passed(store, proof, sent) if proof.forwarded else Outcome.NO_OTHER
    found = Verified(proof.row, proof.exchange, proof.session, request, passed, await _replied(store, proof))
    return found if found.sound else await _excused(store, found)


async def _passed(store: Store, proof: Proof, sent: bytes | None) -> Outcome:
    """What the model was given, made anew of what was sent."""
    plan = await _read(store.plan(proof.exchange)) if sent is not None else None
    if sent is None or plan is None:
        return Outcome.MISSING
    try:
        return compared(forwarded(sent, plan), proof.forwarded)
    except (Unparsed, msgspec.MsgspecError):
        return Outcome.DIFFERENT


async def _replied(store: Store, proof: Proof) -> Outcome:
    if proof.reply:
        return compared(await _read(store.reply(proof.exchange)), proof.reply)
    return Outcome.REASSEMBLED if proof.answered else Outcome.NOT_KEPT


async def _excused(store: Store, found: Verified) -> Verified:
    """What is missing only for media that was never kept is named as that."""
    request, reply = await _read(store.upkeep.lacks_media(found.exchange)) or (False, False)
    return replace(
        found,
        request=_unkept(found.request, lacks=request),
        forwarded=_unkept(found.forwarded, lacks=request),
        reply=_unkept(found.reply, lacks=reply),
    )


def _unkept(outcome: Outcome, *, lacks: bool) -> Outcome:
    return Outcome.MEDIA_NOT_KEPT if lacks and outcome is Outcome.MISSING else outcome


async def _read(reading: Coroutine[Any, Any, T | None]) -> T | None:
    """What is there; nothing where the store holds pieces that make no sense."""
    try:
        return await reading
    except StoreError as error:
        if not error.refused:
            raise
        return None


def compared(rebuilt: bytes | None, hash: bytes, before: bytes = b"") -> Outcome:
    """What was rebuilt, against a hash."""
    if rebuilt is None:
        return Outcome.MISSING
    same = blake2b(before + rebuilt, digest_size=SIZE).digest() == hash
    return Outcome.SAME if same else Outcome.DIFFERENT
