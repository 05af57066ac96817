"""What is stored, held against what passed."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64encode
from collections import Counter
from contextlib import closing
from hashlib import blake2b

import pytest

from proxy.verifying import Outcome, Verified, compared, verified
from tests.e2e.stages import RAW_CHAT, Stage, staged
from tests.e2e.upstreams import raw_reply
from tests.played import KEY, played

SAME, REASSEMBLED, NOT_KEPT = Outcome.SAME, Outcome.REASSEMBLED, Outcome.NOT_KEPT
PIXELS = b64encode(bytes(range(256))).decode()
SHORT = [{"role": "user", "content": "Hello"}]
LONG = [
    {"role": role, "content": f"{word} of turn {turn} and some more words to fill it."}
    for turn in range(40)
    for role, word in (("user", "Question"), ("assistant", "Answer"))
] + SHORT


async def found_in(stage: Stage) -> list[Verified]:
    async with stage.reading() as store:
        return [one async for one in verified(store)]


def damage(stage: Stage, *statements: str) -> None:
    with closing(sqlite3.connect(stage.store_url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


async def test_all_that_was_kept_is_what_passed_and_streams_are_only_reassembled() -> None:
    async with played() as play:
        outcomes = Counter((one.request, one.reply) for one in await found_in(play.stage))
    assert outcomes == {(SAME, SAME): 10, (SAME, REASSEMBLED): 2, (NOT_KEPT, SAME): 1, (NOT_KEPT, NOT_KEPT): 1}


async def test_streams_rebuild_where_their_frames_are_kept() -> None:
    async with played(recording__raw="all") as play:
        everything = await found_in(play.stage)
    assert {one.reply for one in everything} == {SAME, NOT_KEPT}
    assert all(one.sound for one in everything)


async def test_what_was_changed_or_lost_is_named() -> None:
    async with played() as play:
        damage(
            play.stage,
            "UPDATE messages SET body = CAST(replace(CAST(body AS TEXT), 'whales', 'snails') AS BLOB)",
            "DELETE FROM blobs WHERE id = (SELECT max(id) FROM blobs WHERE kind = 'residue')",
        )
        faults = [one for one in await found_in(play.stage) if not one.sound]
    assert {one.request for one in faults} == {Outcome.DIFFERENT, Outcome.MISSING}
    assert len(faults) >= 3


async def test_one_session_can_be_verified_alone() -> None:
    async with played() as play, play.stage.reading() as store:
        session = await store.session(play.talk)
        assert session is not None
        assert len([one async for one in verified(store, session.id)]) == 4


async def test_pieces_that_make_no_sense_are_a_missing_body() -> None:
    async with played() as play:
        damage(play.stage, "UPDATE blobs SET data = x'00', packed = 1 WHERE kind = 'residue'")
        assert {one.request for one in await found_in(play.stage)} == {Outcome.MISSING, NOT_KEPT}


@pytest.mark.parametrize(("rebuilt", "outcome"), [(None, Outcome.MISSING), (b"x", SAME), (b"y", Outcome.DIFFERENT)])
def test_bytes_are_compared_by_their_hash(rebuilt: bytes | None, outcome: Outcome) -> None:
    assert compared(rebuilt, blake2b(b"/x" + b"x", digest_size=16).digest(), b"/x") is outcome


async def test_what_a_model_was_given_is_made_anew() -> None:
    """Less than was sent, under another name, with usage asked for: alone and together."""
    shorter = {"context__mode": "on", "context__token_threshold": 300}
    async with staged(**shorter, providers__raw__ask_usage=True, providers__raw__model_map={"here": "there"}) as stage:
        stage.raw.says("/chat/completions", raw_reply(b'{"choices":[]}', b"content-type: application/json"))
        for listed, more in (
            (SHORT, {}),
            (SHORT, {"stream": True}),
            (SHORT, {"model": "here"}),
            (LONG, {}),
            (LONG, {"model": "here", "stream": True}),
        ):
            await stage.post(RAW_CHAT, KEY, json.dumps({"model": "m", "messages": listed, **more}).encode())
        await stage.latest()
        outcomes = [one.forwarded for one in await found_in(stage)]
        damage(stage, "UPDATE exchanges SET sent_model = 'elsewhere' WHERE sent_model IS NOT NULL")
        changed = [one.forwarded for one in await found_in(stage)]
    assert outcomes[:5] == [Outcome.NO_OTHER, SAME, SAME, SAME, SAME]
    assert changed[:5] == [Outcome.NO_OTHER, SAME, Outcome.DIFFERENT, SAME, Outcome.DIFFERENT]


async def test_media_that_was_too_large_is_not_kept_rather_than_missing() -> None:
    async with staged(recording__media_bytes=100) as stage:
        picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXELS}"}}
        await stage.chat(KEY, {"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]})
        await stage.latest()
        first = (await found_in(stage))[0]
        damage(stage, "DELETE FROM blobs WHERE kind = 'residue'")
        damaged = (await found_in(stage))[0]
    assert (first.request, first.reply, first.sound) == (Outcome.MEDIA_NOT_KEPT, SAME, True)
    assert (damaged.request, damaged.sound) == (Outcome.MISSING, False)


async def test_completions_rebuild_and_their_streams_are_reassembled() -> None:
    async with staged() as stage:
        for stream in (False, True):
            body = json.dumps({"model": "m", "prompt": "Once", "stream": stream}).encode()
            await stage.post("/v1/completions", KEY, body)
        await stage.latest()
        assert [one.reply for one in await found_in(stage)][:2] == [SAME, REASSEMBLED]
