"""Providers with ways of their own: what they send passes as it came, and is read; and Azure's paths are understood."""

from __future__ import annotations

import json
from pathlib import Path

import openai
import pytest

from tests.e2e.stages import RAW_CHAT, Stage
from tests.e2e.upstreams import raw_reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIRE = Path(__file__).parent.parent / "wire"
DEPLOYMENT = "/openai/deployments/my-gpt/chat/completions"
STREAMED = b'{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}'
EVENTS = b"content-type: text/event-stream"


def azure(stage: Stage, key: str, provider: str = "") -> openai.AsyncAzureOpenAI:
    endpoint = f"{stage.base_url}{provider}"
    return openai.AsyncAzureOpenAI(azure_endpoint=endpoint, api_version="2024-10-21", api_key=key, max_retries=0)


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("chat_azure.sse", "complete"),
        ("chat_openrouter.sse", "complete"),
        ("chat_openrouter_error.sse", "upstream_error"),
        ("chat_ollama.sse", "complete"),
        ("chat_ollama_bare.sse", "complete"),
        ("chat_vllm.sse", "complete"),
        ("chat_gemini.sse", "complete"),
        ("chat_anthropic.sse", "complete"),
    ],
)
async def test_a_stream_of_each_passes_as_it_came_and_is_recorded(
    stage: Stage, key: str, name: str, ending: str
) -> None:
    wire = (WIRE / name).read_bytes()
    stage.raw.says("/chat/completions", raw_reply(wire, EVENTS))
    reply = await stage.post(RAW_CHAT, key, STREAMED)
    recorded = await stage.recorded(reply)
    assert reply.content == wire
    assert (recorded.sent, recorded.exchange.ending) == (STREAMED, ending)
    assert [message.role for message in recorded.messages] == ["user", "assistant"]


async def test_the_cost_that_openrouter_tells_is_the_cost(stage: Stage, key: str) -> None:
    stage.raw.says("/chat/completions", raw_reply((WIRE / "chat_openrouter.sse").read_bytes(), EVENTS))
    recorded = await stage.recorded(await stage.post(RAW_CHAT, key, STREAMED))
    assert recorded.exchange.cost == 140_000


# Azure


async def test_azures_sdk_reaches_its_deployment(stage: Stage, key: str) -> None:
    async with azure(stage, key) as client:
        first = await client.chat.completions.create(model="my-gpt", messages=[{"role": "user", "content": "hi"}])
        embedded = await client.embeddings.create(model="my-vectors", input=["one"])
    assert first.choices[0].message.content
    assert embedded.data
    assert stage.heard.path == b"/openai/deployments/my-vectors/embeddings"
    assert stage.journal.entries[-2].path == DEPLOYMENT.encode()
    assert stage.journal.entries[-2].header(b"api-key") == key


async def test_azures_sdk_reaches_a_provider_by_its_name(stage: Stage, key: str) -> None:
    stage.raw.says(DEPLOYMENT, raw_reply((WIRE / "chat_azure.sse").read_bytes(), EVENTS))
    async with azure(stage, key, "/raw") as client:
        stream = await client.chat.completions.create(
            model="my-gpt", messages=[{"role": "user", "content": "hi"}], stream=True
        )
        texts = [
            choice.delta.content
            for chunk in [chunk async for chunk in stream]
            for choice in chunk.choices
            if choice.delta
        ]
    recorded = await stage.latest()
    assert "".join(filter(None, texts)) == "Hello there"
    assert b"?api-version=2024-10-21 HTTP/1.1" in stage.raw.heads[DEPLOYMENT][-1]
    assert (recorded.exchange.model, recorded.exchange.answered_by) == ("my-gpt", "gpt-4o-2024-08-06")
    assert recorded.exchange.cost is not None


async def test_one_conversation_by_azures_sdk_is_one_session(stage: Stage, key: str) -> None:
    talk: list[object] = [{"role": "user", "content": "My name is Ada."}]
    async with azure(stage, key) as client:
        told = await client.chat.completions.with_raw_response.create(model="my-gpt", messages=talk)  # type: ignore[arg-type]
        answer = told.parse().choices[0].message
        talk += [{"role": "assistant", "content": answer.content}, {"role": "user", "content": "What is my name?"}]
        again = await client.chat.completions.with_raw_response.create(model="my-gpt", messages=talk)  # type: ignore[arg-type]
    assert again.headers["x-session-id"] == told.headers["x-session-id"]
    assert again.headers["x-session-match"] == "history"


async def test_the_model_is_in_the_path_where_the_body_names_none(stage: Stage, key: str) -> None:
    body = b'{"messages":[{"role":"user","content":"hi"}]}'
    reply = await stage.post(f"/s/azure-{key}{DEPLOYMENT}?api-version=1", key, body)
    recorded = await stage.recorded(reply)
    assert (recorded.sent, recorded.reply) == (body, reply.content)
    assert (recorded.exchange.model, recorded.exchange.path, recorded.exchange.match) == (
        "my-gpt",
        DEPLOYMENT,
        "header",
    )


async def test_azures_newer_paths_are_understood_too(stage: Stage, key: str) -> None:
    async with openai.AsyncOpenAI(base_url=f"{stage.base_url}/openai/v1/", api_key=key, max_retries=0) as client:
        await client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hi"}])
    assert stage.heard.path == b"/openai/v1/chat/completions"
    assert (await stage.latest()).exchange.model == "gpt-4o"


async def test_a_prompt_that_azure_filtered_is_an_error_with_its_code(stage: Stage, key: str) -> None:
    body = (WIRE / "chat_azure_filtered.json").read_bytes()
    stage.raw.says(DEPLOYMENT, raw_reply(body, b"content-type: application/json", status=b"400 Bad Request"))
    async with azure(stage, key, "/raw") as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.chat.completions.create(model="my-gpt", messages=[{"role": "user", "content": "hi"}])
    assert caught.value.code == "content_filter"
    recorded = await stage.latest()
    assert recorded.exchange.error_code == "content_filter"
    assert json.loads(recorded.exchange.error_body) == json.loads(body)
