"""What is stored, held against what passed."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from hashlib import blake2b

import pytest

from proxy.verifying import Outcome, Verified, compared, verified
from tests.played import Played, played

SAME, REASSEMBLED, NOT_KEPT = Outcome.SAME, Outcome.REASSEMBLED, Outcome.NOT_KEPT


async def found(play: Played) -> list[Verified]:
    async with play.stage.reading() as store:
        return [one async for one in verified(store)]


def damage(play: Played, *statements: str) -> None:
    with closing(sqlite3.connect(play.stage.store_url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


async def test_all_that_was_kept_is_what_passed_and_streams_are_only_reassembled() -> None:
    async with played() as play:
        outcomes = Counter((one.request, one.reply) for one in await found(play))
    assert outcomes == {(SAME, SAME): 10, (SAME, REASSEMBLED): 2, (NOT_KEPT, SAME): 1, (NOT_KEPT, NOT_KEPT): 1}


async def test_streams_rebuild_where_their_frames_are_kept() -> None:
    async with played(recording__raw="all") as play:
        everything = await found(play)
    assert {one.reply for one in everything} == {SAME, NOT_KEPT}
    assert all(one.sound for one in everything)


async def test_what_was_changed_or_lost_is_named() -> None:
    async with played() as play:
        damage(
            play,
            "UPDATE messages SET body = CAST(replace(CAST(body AS TEXT), 'whales', 'snails') AS BLOB)",
            "DELETE FROM blobs WHERE id = (SELECT max(id) FROM blobs WHERE kind = 'residue')",
        )
        faults = [one for one in await found(play) if not one.sound]
    assert {one.request for one in faults} == {Outcome.DIFFERENT, Outcome.MISSING}
    assert len(faults) >= 3


async def test_one_session_can_be_verified_alone() -> None:
    async with played() as play, play.stage.reading() as store:
        session = await store.session(play.talk)
        assert session is not None
        assert len([one async for one in verified(store, session.id)]) == 4


async def test_pieces_that_make_no_sense_are_a_missing_body() -> None:
    async with played() as play:
        damage(play, "UPDATE blobs SET data = x'00', packed = 1 WHERE kind = 'residue'")
        assert {one.request for one in await found(play)} == {Outcome.MISSING, NOT_KEPT}


@pytest.mark.parametrize(("rebuilt", "outcome"), [(None, Outcome.MISSING), (b"x", SAME), (b"y", Outcome.DIFFERENT)])
def test_bytes_are_compared_by_their_hash(rebuilt: bytes | None, outcome: Outcome) -> None:
    assert compared(rebuilt, blake2b(b"/x" + b"x", digest_size=16).digest(), b"/x") is outcome
