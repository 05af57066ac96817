"""The losses of a session, from what was recorded of it."""

from __future__ import annotations

import json

from proxy.forensics import exchange_loss, session_losses
from tests.cli.commands import steno
from tests.e2e.stages import RAW_CHAT, staged
from tests.e2e.upstreams import raw_reply

TOLD = [(2000, 0), (2100, 1920), (2200, 0), (2300, 0)]


def reply(at: int) -> bytes:
    prompt, cached = TOLD[at]
    usage = {"prompt_tokens": prompt, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": cached}}
    message = {"role": "assistant", "content": f"Answer {at}"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = json.dumps({"id": "x", "model": "gpt-4o", "choices": [choice], "usage": usage}).encode()
    return raw_reply(body, b"content-type: application/json")


async def test_each_miss_of_a_recorded_session_has_its_cause_and_price() -> None:
    async with staged() as stage:
        stage.raw.answers("/chat/completions", *map(reply, range(4)))
        listed = [{"role": "system", "content": "It is noon."}, {"role": "user", "content": "Question 0"}]
        for at, clock in enumerate(("noon", "noon", "one", "one")):
            listed[0] = {"role": "system", "content": f"It is {clock}."}
            body = json.dumps({"model": "gpt-4o", "messages": listed}).encode()
            response = await stage.post(RAW_CHAT, "sk-1", body)
            answer = response.json()["choices"][0]["message"]
            listed += [answer, {"role": "user", "content": f"Question {at + 1}"}]
        session = response.headers["x-session-id"]
        async with stage.reading() as store:
            row = await store.session(session)
            assert row is not None
            exchanges = await store.exchanges(row.id)
            losses = await session_losses(store, row.id, lambda *_: 7)
            alone = [await exchange_loss(store, one, lambda *_: None) for one in exchanges]
        shown = await steno("show", session, "--cache", "--json", "--store", stage.store_url)
    causes = [losses[one.id].cause if one.id in losses else "" for one in exchanges]
    assert causes == ["", "", "message 1 (system) changed", "nothing differed: the provider no longer held it"]
    assert [loss.tokens if loss else 0 for loss in alone] == [0, 0, 2048, 2176]
    assert [one["missed_tokens"] for one in shown.json] == [2048, 2176]
    assert all(one["cost"] > 0 for one in shown.json)
