"""Conversations that outgrow their threshold go on through a strict upstream, and their client notices nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from bench.planning import THRESHOLD
from bench.turns import walk
from proxy.attempts import TOO_LONG
from proxy.kept import forwarded
from tests.e2e.stages import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

CEILING = 700
COMPACT = {"x-session-token-threshold": str(CEILING)}
STRICT = "strict;text=Noted."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def compacting() -> AsyncIterator[Stage]:
    """A proxy that forwards no more than so many tokens."""
    async with staged(context__mode="on", context__token_threshold=CEILING) as stage:
        yield stage


def said(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": text}


def talk(turns: int, words: int = 8) -> list[dict[str, Any]]:
    """A talk that ends with a question."""
    listed = [said("system", "You are a guide.")]
    for turn in range(turns):
        names = " ".join(f"place{turn}x{word}" for word in range(words))
        listed += [said("user", f"On day {turn} I went to {names}."), said("assistant", f"Day {turn} is noted.")]
    return [*listed, said("user", f"Where was I on day {turns // 2}?")]


def loop(steps: int, words: int = 30) -> list[dict[str, Any]]:
    """A request, and a loop of tool calls that hasn't ended."""
    listed = [said("user", "Repair src/app.py.")]
    for step in range(steps):
        call = {"id": f"c{step}", "type": "function", "function": {"name": "read", "arguments": f'{{"at": {step}}}'}}
        listing = " ".join(f"line{step}_{word}" for word in range(words))
        listed += [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{step}", "content": listing},
        ]
    return listed


def told(response: httpx.Response) -> tuple[int, int]:
    """The tokens sent and forwarded, as the headers tell."""
    names = ("x-context-sent-tokens", "x-context-forwarded-tokens")
    return int(response.headers[names[0]]), int(response.headers[names[1]])


def heard(stage: Stage) -> list[dict[str, Any]]:
    """The messages that the upstream got."""
    return json.loads(stage.heard.kept)["messages"]  # type: ignore[no-any-return]


async def test_a_long_conversation_stays_below_the_ceiling_and_the_sdk_notices_nothing(compacting: Stage) -> None:
    sdk = compacting.openai(f"sk-{uuid4()}", default_headers={"x-standin": STRICT})
    listed: list[Any] = [said("system", "You are a guide.")]
    sizes, sessions = [], set()
    for turn in range(150):
        listed.append(said("user", f"On day {turn} I went to place{turn} and saw number {turn * 37}."))
        raw = await sdk.chat.completions.with_raw_response.create(model="gpt-4o-mini", messages=listed)
        listed.append(said("assistant", raw.parse().choices[0].message.content or ""))
        sizes.append(compacting.heard.size)
        sessions.add(raw.headers["x-session-id"])
    await sdk.close()
    assert len(sessions) == 1
    assert max(sizes[100:]) <= 1.1 * max(sizes[:100])
    assert int(raw.headers["x-context-forwarded-tokens"]) < CEILING + 30
    assert int(raw.headers["x-context-sent-tokens"]) > 5 * CEILING


async def test_however_long_the_history_is_what_is_forwarded_is_bounded(compacting: Stage) -> None:
    places = await asyncio.to_thread(walk, compacting.base_url, turns=900, places=3)
    assert [place.turn for place in places] == [300, 600, 900]
    assert places[-1].sent > 25_000
    assert max(place.forwarded for place in places) <= THRESHOLD


async def test_what_is_asked_for_is_recalled(compacting: Stage) -> None:
    await compacting.chat(f"sk-{uuid4()}", *talk(60), wish=STRICT)
    assert "place30x3" in heard(compacting)[-1]["content"]
    assert heard(compacting)[-1]["content"].endswith("Where was I on day 30?")
    assert heard(compacting)[0] == said("system", "You are a guide.")


async def test_what_was_sent_is_recorded_and_what_was_forwarded_is_rebuilt_from_it(compacting: Stage) -> None:
    listed = talk(60)
    response = await compacting.chat(f"sk-{uuid4()}", *listed, wish=STRICT)
    recorded = await compacting.recorded(response)
    assert recorded.sent is not None
    assert json.loads(recorded.sent)["messages"] == listed
    async with compacting.reading() as store:
        row = await store.plan(UUID(response.headers["x-exchange-id"]).bytes)
        assert row is not None
    assert forwarded(recorded.sent, row) == compacting.heard.kept
    assert (row.sent_tokens, row.forwarded_tokens) == told(response)


async def test_a_growing_conversation_keeps_the_prefix_that_it_forwards(compacting: Stage) -> None:
    key, listed = f"sk-{uuid4()}", talk(200, words=12)[:-1]
    kept = 0
    before: list[dict[str, Any]] = []
    for turn in range(20):
        listed.append(said("user", f"Go on, {turn}."))
        await compacting.chat(key, *listed, wish=STRICT, headers={"x-session-token-threshold": "4000"})
        listed.append(said("assistant", "Noted."))
        now = heard(compacting)
        kept += now[:2] == before[:2]
        before = now
    assert kept >= 18


@pytest.mark.parametrize("headers", [{"x-session-context": "full"}, {"x-session-context": "FULL", **COMPACT}])
async def test_a_request_that_wants_all_forwarded_gets_it(compacting: Stage, headers: Mapping[str, str]) -> None:
    listed = talk(60)
    response = await compacting.chat(f"sk-{uuid4()}", *listed, headers=headers)
    assert heard(compacting) == listed
    assert "x-context-sent-tokens" not in response.headers


async def test_below_the_threshold_nothing_is_changed(compacting: Stage) -> None:
    body = b'{ "model":"gpt-4o-mini",  "messages" : [{"role":"user","content":"Hello"}], "seed":12345678901234567890}'
    response = await compacting.post("/v1/chat/completions", f"sk-{uuid4()}", body)
    assert compacting.heard.kept == body
    assert "x-context-sent-tokens" not in response.headers


async def test_a_last_message_above_the_threshold_goes_as_it_is(compacting: Stage) -> None:
    long = " ".join(f"word{number}" for number in range(2000))
    response = await compacting.chat(f"sk-{uuid4()}", *talk(40)[:-1], said("user", long), wish=STRICT)
    assert response.status_code == 200
    assert heard(compacting)[-1]["content"].endswith(long)
    assert told(response)[1] < told(response)[0]


async def test_a_tool_loop_longer_than_the_window_keeps_calls_with_their_results(compacting: Stage) -> None:
    response = await compacting.chat(f"sk-{uuid4()}", *loop(40), wish=STRICT)
    assert response.status_code == 200
    assert heard(compacting)[-1] == loop(40)[-1]
    assert told(response)[1] <= CEILING + 200


async def test_one_tool_result_longer_than_the_window_is_shortened_unless_it_is_the_last(compacting: Stage) -> None:
    call = [{"id": one, "type": "function", "function": {"name": "read", "arguments": "{}"}} for one in "ab"]
    listed = [said("user", "Read both."), {"role": "assistant", "content": None, "tool_calls": call}]
    long = " ".join(f"word{number}" for number in range(1500))
    listed += [{"role": "tool", "tool_call_id": one, "content": long} for one in "ab"]
    response = await compacting.chat(f"sk-{uuid4()}", *listed, wish=STRICT)
    assert response.status_code == 200
    assert heard(compacting)[-1]["content"] == long
    assert len(heard(compacting)[-2]["content"]) < len(long) / 2


async def test_several_answers_are_asked_for_as_before(compacting: Stage) -> None:
    response = await compacting.chat(f"sk-{uuid4()}", *talk(60), wish=STRICT, n=3)
    assert len(response.json()["choices"]) == 3
    assert json.loads(compacting.heard.kept)["n"] == 3
    assert "x-context-sent-tokens" in response.headers


async def test_a_system_prompt_above_the_threshold_goes_as_it_is(compacting: Stage) -> None:
    rules = " ".join(f"Rule {number} holds." for number in range(500))
    listed = [said("system", rules), *talk(60)[1:]]
    response = await compacting.chat(f"sk-{uuid4()}", *listed, wish=STRICT)
    assert response.status_code == 200
    assert heard(compacting)[0] == listed[0]
    assert told(response)[1] <= CEILING + 30


async def test_a_history_that_its_client_compacted_is_forwarded_as_any_other(compacting: Stage) -> None:
    listed = [said("user", "Summary of the earlier conversation: we went places."), *talk(40)[2:]]
    response = await compacting.chat(f"sk-{uuid4()}", *listed, wish=STRICT)
    assert response.status_code == 200
    assert heard(compacting)[0]["content"].startswith("Summary of the earlier conversation")


async def test_a_compressed_body_is_forwarded_unpacked(compacting: Stage) -> None:
    import zlib  # noqa: PLC0415

    body = json.dumps({"model": "gpt-4o-mini", "messages": talk(60)}).encode()
    headers = {"content-encoding": "deflate", "x-standin": STRICT}
    response = await compacting.post("/v1/chat/completions", f"sk-{uuid4()}", zlib.compress(body), headers)
    assert response.status_code == 200
    assert told(response)[1] <= CEILING + 30


async def test_an_upstream_that_finds_it_too_long_gets_less_and_the_client_sees_only_the_answer(stage: Stage) -> None:
    listed = talk(100)
    response = await stage.chat(f"sk-{uuid4()}", *listed, wish="strict;window=1500", model="unknown-model")
    assert response.status_code == 200
    assert told(response)[1] < told(response)[0]
    recorded = await stage.recorded(response)
    assert [(one.status, one.error) for one in recorded.attempts] == [(400, TOO_LONG), (200, "")]
    assert recorded.exchange.ending == "complete"


async def test_a_window_that_was_learnt_needs_no_second_failure(stage: Stage) -> None:
    key, listed = f"sk-{uuid4()}", talk(100)
    await stage.chat(key, *listed, wish="strict;window=1500", model="small-model")
    stage.journal.clear()
    more = [*listed, said("assistant", "There."), said("user", "And on day 3?")]
    response = await stage.chat(key, *more, wish="strict;window=1500", model="small-model")
    assert response.status_code == 200
    assert len(stage.journal.entries) == 1


async def test_one_message_that_is_too_long_gets_the_upstream_s_own_error(stage: Stage) -> None:
    response = await stage.chat(f"sk-{uuid4()}", "word " * 4000, wish="window=1500", model="tiny-model")
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "context_length_exceeded"


async def test_other_errors_pass_to_the_byte(stage: Stage) -> None:
    response = await stage.chat(f"sk-{uuid4()}", *talk(3), wish="status=400")
    assert response.json()["error"]["message"] == "The stand-in answers 400, as asked."


async def test_what_would_soon_be_too_long_for_a_known_model_is_forwarded_shorter(stage: Stage) -> None:
    listed = talk(400, words=12)
    response = await stage.chat(f"sk-{uuid4()}", *listed, wish=STRICT, model="gpt-4")
    assert told(response)[1] < 0.75 * 8192 < told(response)[0]


async def test_anthropic_s_messages_are_made_shorter_too(compacting: Stage) -> None:
    listed = talk(60)[1:]
    body = json.dumps({"model": "claude-x", "max_tokens": 50, "system": "Be brief.", "messages": listed}).encode()
    response = await compacting.post(
        "/v1/messages", f"sk-{uuid4()}", body, {"anthropic-version": "2023-06-01", "x-standin": STRICT}
    )
    assert response.status_code == 200
    assert told(response)[1] <= CEILING + 30
    assert [one["role"] for one in heard(compacting)][:3] == ["user", "assistant", "user"]
    assert "place30x3" in str(heard(compacting)[-1])


async def test_the_input_of_a_response_is_made_shorter_too(compacting: Stage) -> None:
    body = json.dumps({"model": "m", "input": talk(60)}).encode()
    response = await compacting.post("/v1/responses", f"sk-{uuid4()}", body, {"x-standin": STRICT})
    assert response.status_code == 200
    assert told(response)[1] <= CEILING + 30
    assert "place30x3" in str(json.loads(compacting.heard.kept)["input"][-1])


async def test_a_history_that_the_upstream_holds_is_left_alone(compacting: Stage) -> None:
    key = f"sk-{uuid4()}"
    first = await compacting.post("/v1/responses", key, json.dumps({"model": "m", "input": "Hello"}).encode())
    given = {"model": "m", "previous_response_id": first.json()["id"], "input": talk(60)[1:]}
    response = await compacting.post("/v1/responses", key, json.dumps(given).encode())
    assert "x-context-sent-tokens" not in response.headers
    assert json.loads(compacting.heard.kept)["input"] == given["input"]


async def test_with_mode_off_nothing_is_changed() -> None:
    async with staged(context__mode="off") as stage:
        listed = talk(100)
        response = await stage.chat(f"sk-{uuid4()}", *listed, wish="window=1500")
        assert response.status_code == 400
        assert heard(stage) == listed


async def test_a_provider_may_have_a_threshold_of_its_own(compacting: Stage) -> None:
    flags = {"providers.small.base_url": f"{compacting.upstream_url}/v1", "providers.small.context": "on"}
    async with staged(**flags, **{"providers.small.token_threshold": 500}) as stage:
        compacting.journal.clear()
        body = json.dumps({"model": "m", "messages": talk(60)}).encode()
        response = await stage.post("/small/v1/chat/completions", "k", body, {"x-standin": STRICT})
        assert told(response)[1] <= 530


@pytest.mark.parametrize("headers", [{"x-session-context": "half"}, {"x-session-token-threshold": "many"}])
async def test_a_malformed_header_is_refused(stage: Stage, headers: Mapping[str, str]) -> None:
    response = await stage.chat("sk-x", "Hello", headers=headers)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "bad_header"


async def test_a_restart_keeps_the_summaries(tmp_path: Any) -> None:
    url, listed = f"sqlite:///{tmp_path}/steno.db", talk(200, words=12)
    given: dict[str, object] = {"context__mode": "on", "context__token_threshold": 4000, "store__url": url}
    async with staged(**given) as stage:
        response = await stage.chat("sk-a", *listed, wish=STRICT)
        before = heard(stage)
        async with stage.reading() as store:
            held = await store.segments(UUID(response.headers["x-session-id"]).bytes)
    async with staged(**given) as stage:
        more = [*listed, said("assistant", "Noted."), said("user", "Thanks.")]
        response = await stage.chat("sk-a", *more, wish=STRICT)
        async with stage.reading() as store:
            now = await store.segments(UUID(response.headers["x-session-id"]).bytes)
        assert heard(stage)[:2] == before[:2]
    assert held
    assert [one.hash for one in now[: len(held)]] == [one.hash for one in held]


async def test_a_key_may_have_a_threshold_of_its_own() -> None:
    given: dict[str, object] = {
        "keys.small.key": "sk-small",
        "keys.small.context": "on",
        "keys.small.token_threshold": 500,
    }
    async with staged(**given) as stage:
        response = await stage.chat("sk-small", *talk(60), wish=STRICT)
        assert told(response)[1] <= 530
        response = await stage.chat("sk-other", *talk(60), wish=STRICT)
        assert "x-context-sent-tokens" not in response.headers


async def test_who_is_asked_next_gets_what_fits_its_own_window() -> None:
    async with staged() as other:
        flags: dict[str, object] = {
            "providers.large.base_url": f"{other.upstream_url}/v1",
            "providers.large.headers": {"x-standin": "status=503"},
            "providers.large.fallback": ["small", "default"],
            "providers.small.base_url": f"{other.upstream_url}/v1",
            "providers.small.model_map": {"gpt-4o": "gpt-4"},
            "providers.small.headers": {"x-standin": "status=503"},
        }
        async with staged(**flags) as stage:
            listed = talk(400, words=12)
            body = json.dumps({"model": "gpt-4o", "messages": listed}).encode()
            response = await stage.post("/large/v1/chat/completions", f"sk-{uuid4()}", body)
            assert response.status_code == 200
            sizes = [len(json.loads(entry.kept or b"{}").get("messages", listed)) for entry in other.journal.entries]
            assert sizes[0] == len(listed) > 10 * sizes[1]
            assert stage.heard.size == len(body)
            assert "x-context-forwarded-tokens" not in response.headers
            assert (await stage.recorded(response)).exchange.provider == "default"


async def test_what_the_next_provider_was_given_is_told_and_recorded() -> None:
    async with staged() as other:
        flags: dict[str, object] = {
            "providers.large.base_url": f"{other.upstream_url}/v1",
            "providers.large.headers": {"x-standin": "status=503"},
            "providers.large.fallback": ["small"],
            "providers.small.base_url": f"{other.upstream_url}/v1",
            "providers.small.model_map": {"gpt-4o": "gpt-4"},
            "providers.small.headers": {"x-standin": STRICT},
        }
        async with staged(**flags) as stage:
            body = json.dumps({"model": "gpt-4o", "messages": talk(400, words=12)}).encode()
            response = await stage.post("/large/v1/chat/completions", f"sk-{uuid4()}", body)
            assert response.status_code == 200
            assert told(response)[1] < 0.75 * 8192 < told(response)[0]
            recorded = await stage.recorded(response)
            async with stage.reading() as store:
                row = await store.plan(recorded.exchange.id)
            assert recorded.sent is not None
            assert row is not None
            given, made = json.loads(other.heard.kept), json.loads(forwarded(recorded.sent, row))
            assert (given["model"], given["messages"]) == ("gpt-4", made["messages"])


async def test_what_the_system_says_after_an_answer_is_asked_of_the_strictest_by_a_user(compacting: Stage) -> None:
    listed = [*talk(60)[:-1], said("system", "Say goodbye.")]
    headers = {"x-session-token-threshold": "2000"}
    response = await compacting.chat(f"sk-{uuid4()}", *listed, wish=STRICT, headers=headers)
    assert response.status_code == 200
    assert heard(compacting)[-1] == said("user", "<system_message>\nSay goodbye.\n</system_message>\n\n")


async def test_what_the_system_says_late_is_forwarded_to_the_strictest_and_keeps_its_place(compacting: Stage) -> None:
    key, listed = f"sk-{uuid4()}", talk(60)[:-1]
    before: list[dict[str, Any]] = []
    kept = 0
    for turn in range(12):
        listed += [said("system", f"It is {turn} o'clock."), said("user", f"Go on, {turn}.")]
        response = await compacting.chat(key, *listed, wish=STRICT, headers={"x-session-token-threshold": "2000"})
        assert response.status_code == 200
        assert f"It is {turn} o'clock." in heard(compacting)[-1]["content"]
        assert heard(compacting)[-1]["content"].endswith(f"Go on, {turn}.")
        listed.append(said("assistant", "Noted."))
        now = heard(compacting)
        kept += before[:-1] == now[: len(before) - 1]
        before = now
    assert kept >= 9
