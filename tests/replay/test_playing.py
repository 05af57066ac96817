"""Tapes are made of what was recorded, and made again when more was."""

from __future__ import annotations

from proxy.dialects.chat import Chat
from proxy.replay.playing import Player, parsed
from tests.played import KEY, played


async def test_a_tape_is_kept_until_its_session_goes_on() -> None:
    async with played() as play, play.stage.reading() as store:
        row = await store.session("several")
        assert row is not None
        player = Player(store)
        tape = await player.tape(row)
        assert len(tape.scenes) == 2
        assert await player.tape(row) is tape
        await play.stage.chat(KEY, "More.", headers={"x-session-id": "several"})
        later = await store.session("several")
        assert later is not None
        assert len((await player.tape(later)).scenes) == 3


def test_what_is_no_request_is_nothing() -> None:
    assert parsed(Chat(), b"no JSON") is None
