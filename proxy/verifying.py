"""What is stored, held against the hashes of what passed: each request and reply is rebuilt and hashed again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from proxy.chain import SIZE
from storage.ports import Store, StoreError
from storage.upkeep import Proof

BATCH = 200


class Outcome(StrEnum):
    """How the rebuilt bytes compare with those that passed."""

    SAME = "same"
    DIFFERENT = "different"
    """They are others."""
    MISSING = "missing"
    """They should be rebuilt, and can't be: a piece of them is gone."""
    REASSEMBLED = "reassembled"
    """What was said is kept, but not the bytes in which it came."""
    NOT_KEPT = "not_kept"
    """There was nothing to keep."""


FAULTS = frozenset({Outcome.DIFFERENT, Outcome.MISSING})


@dataclass(frozen=True, slots=True)
class Verified:
    """One exchange, looked at. ``row`` numbers it in its store."""

    row: int
    exchange: bytes
    session: bytes
    request: Outcome
    reply: Outcome

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.request not in FAULTS and self.reply not in FAULTS


async def verified(store: Store, session: bytes | None = None) -> AsyncGenerator[Verified, None]:
    """All ended exchanges, or a session's, one by one."""
    after = 0
    while proofs := await store.upkeep.proofs(after, BATCH, session):
        for proof in proofs:
            yield await _verified(store, proof)
        after = proofs[-1].row


async def _verified(store: Store, proof: Proof) -> Verified:
    request = reply = Outcome.NOT_KEPT
    if proof.request:
        request = compared(await _read(store.sent(proof.exchange)), proof.request, proof.path.encode())
    if proof.reply:
        reply = compared(await _read(store.reply(proof.exchange)), proof.reply)
    elif proof.answered:
        reply = Outcome.REASSEMBLED
    return Verified(proof.row, proof.exchange, proof.session, request, reply)


async def _read(reading: Coroutine[Any, Any, bytes | None]) -> bytes | None:
    """The bytes; nothing where the store holds pieces that make no sense."""
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
