"""When a conversation is planned, with what threshold, and what is done where that goes wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from proxy.asked import Asked, Reader
from proxy.ceilings import Ceilings, Rules
from proxy.context import Compacted, Context, Find
from proxy.dialects.overlong import Overlong
from proxy.kept import closing_record, segment_record
from proxy.meter import Meter
from proxy.preferences import Preference
from proxy.prices import PriceBook
from proxy.tokens import Tokenizer
from storage.ports import StoreError
from storage.records import ClosingRecord, SegmentRecord
from tests.test_asked import read, reader


async def nothing(digests: Sequence[bytes], threshold: int) -> ClosingRecord | None:
    """Find no closing."""
    return None


async def broken(digests: Sequence[bytes], threshold: int) -> ClosingRecord | None:
    """A store with a fault."""
    raise ZeroDivisionError


def rules_of(mode: str = "auto", threshold: int = 32_000, keep: int = 0, **rules: Any) -> Rules:
    return Rules(Preference(mode, threshold, keep), **rules)


def context(find: Find = nothing, **rules: Any) -> Context:
    return Context(Ceilings(rules_of(**rules), Meter(Tokenizer(), PriceBook({}))), find)


def talk(turns: int) -> list[dict[str, str]]:
    listed = []
    for turn in range(turns):
        listed.append({"role": "user", "content": f"On day {turn} I saw place{turn} and number {turn * 37}."})
        listed.append({"role": "assistant", "content": f"Day {turn} is noted."})
    return [*listed, {"role": "user", "content": "Where was I on day 3?"}]


async def asked_for(
    listed: list[dict[str, str]], *headers: tuple[bytes, bytes], by: Reader | None = None, **fields: Any
) -> Asked:
    body = json.dumps({"model": "gpt-4", "messages": listed, **fields}).encode()
    return await read(body, "/v1/chat/completions", *headers, by=by)


async def compacted(room: Context, asked: Asked) -> Compacted | None:
    """What goes to the provider that was chosen."""
    return await room.compacted(asked, asked.provider)


async def shorter(room: Context, asked: Asked, said: Overlong) -> Compacted | None:
    """What goes there once it turned out to be too long."""
    return await room.shorter(asked, asked.provider, said)


ON: dict[str, Any] = {"mode": "on", "threshold": 300}


async def test_a_conversation_above_the_threshold_is_made_shorter() -> None:
    made = await compacted(context(**ON), await asked_for(talk(80)))
    assert made is not None
    assert made.plan.forwarded <= 320 < made.plan.sent
    assert isinstance(made.asked.content, bytes)
    assert len(json.loads(made.asked.content)["messages"]) < 20


async def test_turn_by_turn_and_all_at_once_come_to_the_same_plan() -> None:
    room, by = context(**ON), reader()
    for turns in range(1, 60):
        made = await compacted(room, await asked_for(talk(turns), by=by))
    again = await compacted(context(**ON), await asked_for(talk(59)))
    assert made is not None
    assert again is not None
    assert made.asked.content == again.asked.content


async def test_a_history_that_only_the_chain_remembers_is_read_again() -> None:
    by = reader()
    first = await asked_for(talk(40), by=by)
    more = [*talk(40), {"role": "assistant", "content": "There."}, {"role": "user", "content": "Thanks."}]
    known = await asked_for(more, by=by)
    assert known.chained is not None
    assert known.chained.prefix.length == len(talk(40))
    made, fresh = await compacted(context(**ON), known), await compacted(context(**ON), await asked_for(more))
    assert made is not None
    assert fresh is not None
    assert made.asked.content == fresh.asked.content
    assert first.content != made.asked.content


async def test_a_stored_closing_is_used_as_it_is() -> None:
    asked = await asked_for(talk(80))
    made = await compacted(context(**ON), asked)
    assert made is not None
    assert made.closing is not None
    kept = closing_record(replace_head(made.closing))

    async def find(digests: Sequence[bytes], threshold: int) -> ClosingRecord | None:
        return kept if kept.digest in digests and threshold == 300 else None

    again = await compacted(context(find, **ON), await asked_for(talk(80)))
    assert again is not None
    assert again.plan.head == "As it was."


def replace_head(closing: Any) -> Any:
    return msgspec.structs.replace(closing, head="As it was.", tokens=8)


async def test_a_fault_of_the_store_forwards_the_original() -> None:
    assert await compacted(context(broken, **ON), await asked_for(talk(80))) is None


async def test_a_fault_of_the_planner_forwards_the_original() -> None:
    room = context(**ON)
    room.ceilings = None  # type: ignore[assignment]
    assert await compacted(room, await asked_for(talk(80))) is None
    assert await shorter(room, await asked_for(talk(80)), Overlong(100, 200)) is None


async def test_below_the_threshold_nothing_is_remembered() -> None:
    room = context(**ON)
    assert await compacted(room, await asked_for(talk(3))) is None
    assert not room.tracks.held


async def test_a_provider_s_own_mode_comes_before_the_general_one() -> None:
    asked = await asked_for(talk(80))
    own = msgspec.structs.replace(asked, provider=replace(asked.provider, prefers=Preference("on", 200)))
    made = await compacted(context(mode="off"), own)
    assert made is not None
    assert made.plan.forwarded <= 220
    off = msgspec.structs.replace(asked, provider=replace(asked.provider, prefers=Preference("off")))
    assert await compacted(context(**ON), off) is None
    assert await shorter(context(**ON), off, Overlong(100, 200)) is None


async def test_what_the_upstream_holds_is_left_alone() -> None:
    body = json.dumps({"model": "m", "previous_response_id": "r", "input": "Hello"}).encode()
    assert not context(**ON).may(await read(body, "/v1/responses"))


async def test_auto_waits_until_three_quarters_of_the_window_are_full() -> None:
    assert await compacted(context(), await asked_for(talk(150))) is None
    made = await compacted(context(), await asked_for(talk(300)))
    assert made is not None
    assert made.plan.forwarded <= 0.75 * 8192 < made.plan.sent


async def test_auto_leaves_room_for_the_reply() -> None:
    made = await compacted(context(), await asked_for(talk(150), max_tokens=4000))
    assert made is not None
    assert made.plan.forwarded <= 0.75 * 4192


async def test_auto_leaves_a_model_alone_whose_window_is_unknown_until_it_is_told() -> None:
    room = context()
    asked = await asked_for(talk(200), model="nobody-knows")
    assert await compacted(room, asked) is None
    made = await shorter(room, asked, Overlong(1_000, 8_000))
    assert made is not None
    assert made.plan.forwarded < 1_000
    again = await compacted(room, await asked_for(talk(200), model="nobody-knows"))
    assert again is not None


async def test_one_message_that_is_too_long_cannot_be_made_shorter() -> None:
    asked = await asked_for([{"role": "user", "content": "word " * 3000}])
    assert await shorter(context(), asked, Overlong()) is None


async def test_what_models_wrote_is_used_from_the_next_closing_on() -> None:
    told: list[SegmentRecord] = []

    async def summaries(digests: Sequence[bytes]) -> Sequence[SegmentRecord]:
        return [one for one in told if one.digest in digests]

    room, by = context(by_model=True, **ON), reader()
    room.summaries = summaries
    made = await compacted(room, await asked_for(talk(40), by=by))
    assert made is not None
    want = made.wanted[-1]
    told.append(segment_record(msgspec.structs.replace(want.segment, text="Goal: see.", summarizer="model", tokens=4)))
    heads = {made.plan.head}
    for turns in range(41, 60):
        again = await compacted(room, await asked_for(talk(turns), by=by))
        assert again is not None
        heads.add(again.plan.head)
        if "Goal: see." in again.plan.head:
            assert all(one.segment.digest != want.segment.digest for one in again.wanted)
            break
    assert len(heads) == 2


async def test_summaries_that_can_not_be_looked_up_are_done_without() -> None:
    async def broken(digests: Sequence[bytes]) -> Sequence[SegmentRecord]:
        message = "locked"
        raise StoreError(message)

    room = context(by_model=True, **ON)
    room.summaries = broken
    made = await compacted(room, await asked_for(talk(80)))
    plain = await compacted(context(**ON), await asked_for(talk(80)))
    assert made is not None
    assert plain is not None
    assert made.asked.content == plain.asked.content
