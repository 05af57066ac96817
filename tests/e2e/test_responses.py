"""Responses through the proxy: the SDK notices nothing, and conversations are found again, wherever they are held."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai.types.responses import ToolParam
from pydantic import BaseModel

from storage.records import SessionRow
from tests.e2e.stages import Recorded, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/responses"
RAW = "/raw/v1/responses"
MODEL = "gpt-4o-mini"
ADA = ("user", "My name is Ada"), ("assistant", "Nice to meet you, Ada!")
ASKED = ("user", "What is my name?"), ("assistant", "Your name is Ada.")
WEATHER: ToolParam = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}


class Meeting(BaseModel):
    """What is parsed."""

    title: str
    people: list[str]


async def made(client: openai.AsyncOpenAI, given: Any, **fields: Any) -> tuple[Any, Any]:
    """A response and its headers."""
    raw = await client.responses.with_raw_response.create(model=MODEL, input=given, **fields)
    return raw.parse(), raw.headers


async def posted(stage: Stage, key: str, given: Any, wish: str = "", path: str = PATH, **fields: Any) -> Any:
    body = json.dumps({"model": MODEL, "input": given, **fields}).encode()
    return await stage.post(path, key, body, {"x-standin": wish})


async def session_of(stage: Stage, record: Recorded) -> SessionRow:
    async with stage.reading() as store:
        found = await store.session(record.exchange.session.hex())
    assert found is not None
    return found


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields}, separators=(',', ':'))}\n\n".encode()


# The SDK


async def test_the_sdk_makes_a_response(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        response, headers = await made(client, "Hello", instructions="Be kind.")
    record = await stage.recorded(headers["x-exchange-id"])
    assert record.said == [("user", "Hello"), ("assistant", response.output_text)]
    assert headers["x-session-match"] == "new"
    found = record.exchange
    assert (found.dialect, found.finish_reason, found.usage_source) == ("responses", "stop", "reported")
    assert (found.prompt_tokens, found.completion_tokens) == (
        response.usage.input_tokens,
        response.usage.output_tokens,
    )
    async with stage.reading() as store:
        assert await store.system(found.system) == b'"Be kind."'


async def test_request_and_reply_rebuild_byte_for_byte(stage: Stage, key: str) -> None:
    wire = (
        b'{ "model":"m" ,"instructions": "Be\\u0020kind.", "input" : [ {"role":"user","content":"Hello"} ], "x":1e400}'
    )
    response = await stage.post(PATH, key, wire)
    record = await stage.recorded(response)
    assert (record.sent, record.reply) == (wire, response.content)
    assert stage.heard.kept == wire


async def test_the_sdk_streams(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client, client.responses.stream(model=MODEL, input="Count to 9") as stream:
        kinds = [event.type async for event in stream]
        final = await stream.get_final_response()
    record = await stage.latest()
    assert kinds[-1] == "response.completed"
    assert record.said == [("user", "Count to 9"), ("assistant", final.output_text)]
    assert (record.exchange.stream, record.exchange.ending, record.exchange.usage_source) == (
        True,
        "complete",
        "reported",
    )


async def test_the_sdk_parses(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        response = await client.responses.parse(model=MODEL, input="Plan a meeting", text_format=Meeting)
    assert isinstance(response.output_parsed, Meeting)
    record = await stage.latest()
    assert json.loads(record.messages[-1].text) == response.output_parsed.model_dump()


async def test_tools_are_called_and_their_results_come_back(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        asked: list[Any] = [{"role": "user", "content": "How is the weather in Rome?"}]
        response, _ = await made(client, asked, tools=[WEATHER], include=["reasoning.encrypted_content"], store=False)
        (call,) = [item for item in response.output if item.type == "function_call"]
        result = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
        again = [*asked, *[item.to_dict() for item in response.output], result]
        _, headers = await made(client, again, tools=[WEATHER])
    record = await stage.recorded(headers["x-exchange-id"])
    assert headers["x-session-match"] == "history"
    assert [message.role for message in record.messages] == ["user", "assistant", "tool", "assistant"]
    (row,) = record.calls
    assert (row.id, row.name, row.ok) == (call.call_id, "get_weather", True)
    assert record.sent is not None
    assert json.loads(record.sent)["input"] == again


async def test_encrypted_reasoning_is_kept_verbatim_and_tells_no_histories_apart(stage: Stage, key: str) -> None:
    fields: dict[str, Any] = {"include": ["reasoning.encrypted_content"], "store": False}
    first = await posted(stage, key, [{"role": "user", "content": "Think"}], "reasoning", **fields)
    output = first.json()["output"]
    without = [item for item in output if item["type"] != "reasoning"]
    for items in (output, without):
        again = [{"role": "user", "content": "Think"}, *items, {"role": "user", "content": f"On {len(items)}"}]
        response = await posted(stage, key, again, **fields)
        assert response.headers["x-session-id"] == first.headers["x-session-id"]
        record = await stage.recorded(response)
        assert record.sent is not None
        assert json.loads(record.sent)["input"] == again
    assert output[0]["encrypted_content"].encode() in record.messages[1].body


# Where the history is held upstream


async def test_turns_by_previous_response_are_one_session(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        first, one = await made(client, "My name is Ada")
        second, two = await made(client, "What is my name?", previous_response_id=first.id)
        async with client.responses.stream(model=MODEL, input="Thanks", previous_response_id=second.id) as stream:
            third = await stream.get_final_response()
        fourth, four = await made(client, "What is my name?", previous_response_id=third.id)
    record = await stage.recorded(four["x-exchange-id"])
    assert [two["x-session-match"], four["x-session-match"]] == ["history", "history"]
    assert one["x-session-id"] == two["x-session-id"] == four["x-session-id"]
    assert record.said == [*ADA, *ASKED, ("user", "Thanks"), ("assistant", "You're welcome."), *ASKED]
    assert [message.parent for message in record.messages[1:]] == [message.id for message in record.messages[:-1]]
    assert record.sent is not None
    assert json.loads(record.sent)["input"] == "What is my name?"
    assert fourth.output_text == "Your name is Ada."


async def test_a_second_request_on_a_previous_response_is_a_fork(stage: Stage, key: str) -> None:
    first = await posted(stage, key, "My name is Ada")
    for text in ("What is my name?", "Thanks"):
        response = await posted(stage, key, text, previous_response_id=first.json()["id"])
        assert response.headers["x-session-id"] == first.headers["x-session-id"]
    record = await stage.recorded(response)
    answer = record.messages[1]
    assert [message.text for message in record.messages if message.parent == answer.id] == [
        "What is my name?",
        "Thanks",
    ]


async def test_an_unknown_previous_response_begins_a_session(stage: Stage, key: str) -> None:
    first = await posted(stage, f"{key}-other", "My name is Ada")
    response = await posted(stage, key, "What is my name?", previous_response_id=first.json()["id"])
    assert response.headers["x-session-match"] == "new"


async def test_a_named_session_takes_the_history_of_a_previous_response_along(stage: Stage, key: str) -> None:
    first = await posted(stage, key, "My name is Ada")
    fields = {"model": MODEL, "input": "What is my name?", "previous_response_id": first.json()["id"]}
    response = await stage.post(PATH, key, json.dumps(fields).encode(), {"x-session-id": f"named-{key}"})
    record = await stage.recorded(response)
    assert response.headers["x-session-id"] != first.headers["x-session-id"]
    assert record.said == [*ADA, *ASKED]


async def test_turns_of_a_conversation_follow_one_another(stage: Stage, key: str) -> None:
    one = await posted(stage, key, "My name is Ada", conversation={"id": f"conv-{key}"})
    two = await posted(stage, key, "Thanks", conversation=f"conv-{key}")
    three = await posted(stage, key, [{"role": "user", "content": "Hello"}], conversation=f"conv-{key}")
    record = await stage.recorded(three)
    assert one.headers["x-session-id"] == two.headers["x-session-id"] == three.headers["x-session-id"]
    assert two.headers["x-session-match"] == "client"
    assert [text for _, text in record.said[:3]] == ["My name is Ada", "Nice to meet you, Ada!", "Thanks"]
    assert [message.parent for message in record.messages[1:]] == [message.id for message in record.messages[:-1]]


async def test_a_client_that_names_earlier_items_goes_on_in_their_session(stage: Stage, key: str) -> None:
    asked = {"role": "user", "content": "My name is Ada"}
    first = await posted(stage, key, [asked])
    named = {"type": "item_reference", "id": first.json()["output"][0]["id"]}
    again = [asked, named, {"role": "user", "content": "Thanks"}]
    response = await posted(stage, key, again)
    record = await stage.recorded(response)
    assert response.headers["x-session-id"] == first.headers["x-session-id"]
    assert [text for _, text in record.said[:3]] == ["My name is Ada", "Nice to meet you, Ada!", "Thanks"]
    assert record.sent is not None
    assert json.loads(record.sent)["input"] == again


async def test_clients_that_name_earlier_items_go_on_apart_though_they_began_alike(stage: Stage, key: str) -> None:
    hello = {"role": "user", "content": "Hello"}
    begun = [await posted(stage, key, [hello]) for _ in range(3)]
    said = []
    for first, name in zip(begun, ("Ada", "Grace", "Mary"), strict=True):
        named = {"type": "item_reference", "id": first.json()["output"][0]["id"]}
        record = await stage.recorded(
            await posted(stage, key, [hello, named, {"role": "user", "content": f"My name is {name}"}])
        )
        said.append([text for role, text in record.said if role == "user"])
    assert said == [["Hello", f"My name is {name}"] for name in ("Ada", "Grace", "Mary")]
    async with stage.reading() as store:
        ids = {record.session for record in await store.exchanges(limit=6)}
    assert len(ids) == 3


async def test_a_conversation_moves_from_chat_to_responses_and_back(stage: Stage, key: str) -> None:
    talk: list[Any] = [{"role": "user", "content": "My name is Ada"}]
    chat = await stage.chat(key, *talk)
    talk += [chat.json()["choices"][0]["message"], {"role": "user", "content": "What is my name?"}]
    items = [{"role": message["role"], "content": message["content"]} for message in talk]
    response = await posted(stage, key, items)
    answer = response.json()["output"][0]["content"][0]["text"]
    back = await stage.chat(key, *talk, {"role": "assistant", "content": answer}, "Thanks")
    record = await stage.recorded(back)
    assert [response.headers["x-session-match"], back.headers["x-session-match"]] == ["history", "history"]
    assert record.said == [*ADA, *ASKED, ("user", "Thanks"), ("assistant", "You're welcome.")]
    assert (await session_of(stage, record)).exchanges == 3


# What is fetched later


async def test_a_background_response_is_the_answer_of_its_request_however_often_it_is_fetched(
    stage: Stage, key: str
) -> None:
    body = {"model": MODEL, "input": "My name is Ada", "background": True}
    queued = await stage.post(PATH, key, json.dumps(body).encode(), {"x-standin": "polls=1"})
    assert queued.json()["status"] == "queued"
    before = await stage.recorded(queued)
    assert (before.said, before.exchange.usage_source) == ([ADA[0]], "unknown")
    for _ in range(4):
        fetched = await stage.http.get(f"{PATH}/{queued.json()['id']}", headers={"authorization": f"Bearer {key}"})
    record = await stage.recorded(queued)
    row = await session_of(stage, record)
    usage = fetched.json()["usage"]
    assert record.said == [*ADA]
    assert fetched.headers["x-session-id"] == queued.headers["x-session-id"]
    assert (record.exchange.finish_reason, record.exchange.completion_tokens) == ("stop", usage["output_tokens"])
    assert record.exchange.cost
    assert (row.exchanges, row.messages, row.completion_tokens, row.cost, row.errors) == (
        1,
        2,
        usage["output_tokens"],
        record.exchange.cost,
        0,
    )
    again = await stage.recorded(fetched)
    assert (again.exchange.method, again.exchange.completion_tokens, again.exchange.cost) == ("GET", None, None)
    further = await posted(stage, key, "What is my name?", previous_response_id=queued.json()["id"])
    assert (await stage.recorded(further)).said == [*ADA, *ASKED]


async def test_a_background_response_may_be_fetched_as_a_stream(stage: Stage, key: str) -> None:
    queued = await posted(stage, key, "My name is Ada", background=True)
    async with stage.openai(key) as client:
        stream = await client.responses.retrieve(queued.json()["id"], stream=True)
        kinds = [event.type async for event in stream]
    assert kinds[-1] == "response.completed"
    assert (await stage.recorded(queued)).said == [*ADA]


async def test_a_background_response_that_failed_is_an_error_once(stage: Stage, key: str) -> None:
    queued = await posted(stage, key, "Hello", "failed", background=True)
    for _ in range(2):
        await stage.http.get(f"{PATH}/{queued.json()['id']}", headers={"authorization": f"Bearer {key}"})
    record = await stage.recorded(queued)
    assert (record.exchange.ending, record.exchange.error_code) == ("upstream_error", "server_error")
    assert (await session_of(stage, record)).errors == 1


async def test_what_is_asked_of_a_recorded_response_adds_nothing(stage: Stage, key: str) -> None:
    first = await posted(stage, key, "My name is Ada")
    async with stage.openai(key) as client:
        fetched = await client.responses.retrieve(first.json()["id"])
        items = await client.responses.input_items.list(first.json()["id"])
        cancelled = await client.responses.cancel(first.json()["id"])
        await client.responses.delete(first.json()["id"])
        with pytest.raises(openai.NotFoundError):
            await client.responses.retrieve(first.json()["id"])
    record = await stage.recorded(first)
    assert (fetched.output_text, len(items.data), cancelled.status) == ("Nice to meet you, Ada!", 1, "cancelled")
    assert record.said == [*ADA]
    assert (await session_of(stage, record)).exchanges == 1


async def test_a_response_is_fetched_where_it_was_made(stage: Stage, key: str) -> None:
    held = b'{"id":"resp_raw","object":"response","status":"completed","output":[]}'
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(held)
    stage.raw.says("/responses", head + held)
    stage.raw.says("/responses/resp_raw", head + held)
    await posted(stage, key, "Hello", path=RAW)
    for method in ("GET", "DELETE"):
        found = await stage.http.request(method, f"{PATH}/resp_raw", headers={"authorization": f"Bearer {key}"})
        assert found.json()["id"] == "resp_raw"
    assert stage.raw.requests["/responses/resp_raw"] == 2
    other = await stage.http.get(f"{PATH}/resp_raw", headers={"authorization": "Bearer other"})
    assert other.status_code == 404


# When it goes wrong


async def test_a_response_that_failed_is_recorded_as_an_error(stage: Stage, key: str) -> None:
    plain = await posted(stage, key, "Hello", "failed")
    stream = await posted(stage, key, "Hello again", "failed", stream=True)
    for response in (plain, stream):
        found = (await stage.recorded(response)).exchange
        assert (found.ending, found.error_code) == ("upstream_error", "server_error")


async def test_an_incomplete_response_says_why(stage: Stage, key: str) -> None:
    for stream in (False, True):
        response = await posted(stage, key, "Hello", "incomplete", stream=stream)
        found = (await stage.recorded(response)).exchange
        assert (found.ending, found.finish_reason) == ("complete", "max_output_tokens")


async def test_an_error_in_mid_stream_keeps_what_came(stage: Stage, key: str) -> None:
    response = await posted(stage, key, "Count to 9", "error_after=7", stream=True)
    record = await stage.recorded(response)
    assert record.said == [("user", "Count to 9"), ("assistant", "1, 2, 3, ")]
    assert (record.exchange.ending, record.exchange.error_code) == ("upstream_error", "standin_failure")


async def test_a_stream_that_breaks_off_is_kept_as_far_as_it_came(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        stream = await client.responses.create(
            model=MODEL, input="Count to 9", stream=True, extra_headers={"x-standin": "cut=7"}
        )
        with pytest.raises(openai.APIConnectionError):
            async for _ in stream:
                pass
    record = await stage.latest()
    assert record.said == [("user", "Count to 9"), ("assistant", "1, 2, 3, ")]
    assert (record.exchange.ending, record.exchange.usage_source) == ("upstream_cut", "estimated")


async def test_a_client_that_leaves_still_gets_its_partial_reply_recorded(stage: Stage, key: str) -> None:
    async with stage.openai(key) as client:
        stream = await client.responses.create(
            model=MODEL, input="Count to 9", stream=True, extra_headers={"x-standin": "pause=7"}
        )
        async for event in stream:
            if event.type == "response.output_text.delta" and event.delta.startswith("3"):
                break
        await stream.close()
    await stage.journal.reached("left", 1)
    record = await stage.latest()
    assert record.said == [("user", "Count to 9"), ("assistant", "1, 2, 3, ")]
    assert record.exchange.ending == "client_gone"


async def test_the_last_event_waits_for_its_commit(stage: Stage, key: str) -> None:
    text = event("response.output_text.delta", delta="Hi")
    last = event("response.completed", response={"id": "resp_9", "status": "completed", "output": []})
    wire = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n" + text + last
    stage.raw.says("/responses", wire, closes=True)
    response = await posted(stage, key, "Hello", path=RAW, stream=True)
    record = await stage.recorded(response)
    assert response.content == text + last
    assert record.said == [("user", "Hello"), ("assistant", "Hi")]
    assert record.exchange.ending == "complete"


async def test_items_of_no_known_type_survive(stage: Stage, key: str) -> None:
    odd = {"type": "hologram", "id": "h_1", "beams": [1, {"x": None}], "encrypted_content": "gAAA"}
    asked = [{"role": "user", "content": "Hello"}, odd, {"type": "item_reference", "id": "msg_0"}]
    response = await posted(stage, key, [*asked, {"role": "user", "content": "Thanks"}])
    record = await stage.recorded(response)
    assert record.sent is not None
    assert json.loads(record.sent)["input"][:3] == asked
    assert json.loads(b"[" + record.messages[1].body + b"]") == asked[1:]
