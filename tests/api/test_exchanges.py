"""Exchanges over the real server: as the client sent them, as they went on, as they came back."""

import json

import pytest

from tests.api.readers import Reader
from tests.e2e.stages import CHAT, RAW_CHAT, staged
from tests.e2e.upstreams import raw_reply

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_request_and_its_reply_are_given_back_byte_for_byte(reader: Reader) -> None:
    body = b'{ "model":"gpt-4o-mini",  "messages": [ {"role":"user","content":"Hel\\u006co"} ], "big": 1e400 }'
    reply = await reader.stage.post(CHAT, reader.key, body)
    path = f"/exchanges/{reply.headers['x-exchange-id']}"
    assert (await reader.call("GET", f"{path}/sent")).content == body
    assert (await reader.call("GET", f"{path}/forwarded")).content == body
    assert (await reader.call("GET", f"{path}/reply")).content == reply.content
    assert (await reader.get(f"{path}/diff"))["changed"] is False
    shape = await reader.get(path)
    assert (shape["status"], shape["ending"], shape["usage"]["source"]) == (200, "complete", "reported")


async def test_a_streamed_reply_is_put_together_and_says_so(reader: Reader) -> None:
    reply = await reader.stage.chat(reader.key, "Count to 3", stream=True)
    answer = await reader.call("GET", f"/exchanges/{reply.headers['x-exchange-id']}/reply")
    assert answer.headers["x-steno-reassembled"] == "true"
    assert answer.json()["choices"][0]["message"]["role"] == "assistant"


async def test_a_streamed_reply_is_put_together_in_its_own_format(reader: Reader) -> None:
    asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}], "stream": True}
    reply = await reader.stage.post("/v1/messages", reader.key, json.dumps(asked).encode())
    answer = await reader.call("GET", f"/exchanges/{reply.headers['x-exchange-id']}/reply")
    assert (answer.json()["type"], answer.json()["stop_reason"]) == ("message", "end_turn")
    assert answer.json()["id"].encode() in reply.content


async def test_an_error_is_given_back_as_it_came(reader: Reader) -> None:
    reply = await reader.stage.chat(reader.key, "Hello", wish="status=429")
    answer = await reader.call("GET", f"/exchanges/{reply.headers['x-exchange-id']}/reply")
    assert (reply.status_code, answer.content) == (429, reply.content)


async def test_exchanges_are_listed_and_narrowed(reader: Reader) -> None:
    session, _ = await reader.talk("Hello", "And?")
    await reader.stage.chat(reader.key, "Hello", wish="status=429")
    page = await reader.get("/exchanges", limit=1)
    assert page["data"][0]["status"] == 429
    rest = await reader.get("/exchanges", cursor=page["next_cursor"])
    assert [one["session_id"] for one in rest["data"]] == [session, session]
    assert len((await reader.get("/exchanges", has_errors="true"))["data"]) == 1
    assert len((await reader.get("/exchanges", session=session))["data"]) == 2
    assert (await reader.call("GET", "/exchanges?session=nobody")).status_code == 404


async def test_what_is_not_there_is_a_404(reader: Reader) -> None:
    for path in ("/exchanges/x", "/exchanges/019a7c3e-1234-7000-8000-000000000000/sent"):
        assert (await reader.call("GET", path)).status_code == 404
    listed = await reader.stage.http.get("/v1/models", headers={"authorization": f"Bearer {reader.key}"})
    path = f"/exchanges/{listed.headers['x-exchange-id']}"
    for name in ("sent", "forwarded", "diff", "reply"):
        assert (await reader.call("GET", f"{path}/{name}")).status_code == 404


async def test_a_model_by_another_name_shows_in_what_was_forwarded() -> None:
    async with staged(providers__raw__model_map={"here": "there"}) as stage:
        stage.raw.says("/chat/completions", raw_reply(b'{"choices":[]}', b"content-type: application/json"))
        reader = Reader(stage, "sk-x")
        body = {"model": "here", "messages": [{"role": "user", "content": "Hi"}]}
        reply = await stage.post(RAW_CHAT, "sk-x", json.dumps(body).encode())
        difference = await reader.get(f"/exchanges/{reply.headers['x-exchange-id']}/diff")
    assert difference["fields"] == [{"name": "model", "sent": "here", "forwarded": "there"}]
    assert (difference["same_before"], difference["removed"]) == (1, [])


async def test_an_exchange_tells_its_plan_where_less_was_forwarded(reader: Reader) -> None:
    said = [{"role": "user", "content": f"On day {day} I went to place{day}. " * 5} for day in range(60)]
    said = [one for user in said for one in (user, {"role": "assistant", "content": "Noted."})]
    headers = {"x-session-token-threshold": "700"}
    reply = await reader.stage.chat(reader.key, *said, "Where was I?", headers=headers)
    shape = await reader.get(f"/exchanges/{reply.headers['x-exchange-id']}")
    assert str(shape["plan"]["sent_tokens"]) == reply.headers["x-context-sent-tokens"]
    assert "<conversation_record>" in shape["plan"]["record"]
    assert shape["plan"]["kept"][-1][1] == len(said) + 1
    assert shape["cache_miss"] is None


async def test_an_exchange_tells_what_the_cache_missed(reader: Reader) -> None:
    usage = {"prompt_tokens": 2000, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 0}}
    choice = {"index": 0, "message": {"role": "assistant", "content": "So."}, "finish_reason": "stop"}
    body = json.dumps({"id": "x", "model": "gpt-4o", "choices": [choice], "usage": usage}).encode()
    reader.stage.raw.answers("/chat/completions", *[raw_reply(body, b"content-type: application/json")] * 2)
    listed = [{"role": "user", "content": "Why?"}]
    for _ in range(2):
        sent = json.dumps({"model": "gpt-4o", "messages": listed}).encode()
        reply = await reader.stage.post(RAW_CHAT, reader.key, sent)
        listed += [choice["message"], {"role": "user", "content": "And?"}]  # type: ignore[list-item]
    missed = (await reader.get(f"/exchanges/{reply.headers['x-exchange-id']}"))["cache_miss"]
    assert (missed["missed_tokens"], missed["cached_tokens"]) == (1920, 0)
    assert missed["cost"] > 0
