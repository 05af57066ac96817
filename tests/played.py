"""A store that real traffic made: the real proxy before the stand-in, asked for a bit of everything."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from storage.opening import open_store
from storage.ports import Store
from tests.e2e.stages import Stage, staged

KEY = "sk-played"
OTHER = "sk-other"
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather of a place",
            "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
        },
    }
]


@dataclass(frozen=True, slots=True)
class Played:
    """The stage, and the sessions by what was played in them."""

    stage: Stage
    talk: str
    tools: str
    streamed: str


def answer_of(response: httpx.Response) -> dict[str, Any]:
    message: dict[str, Any] = response.json()["choices"][0]["message"]
    return message


async def talk(stage: Stage) -> str:
    """Three turns under a system prompt, and a fork."""
    system = {"role": "system", "content": "Be brief. é 漢字"}
    listed: list[Any] = [system, {"role": "user", "content": "What do whales sing?"}]
    session = ""
    for question in ("Why?", "How long?", ""):
        response = await stage.chat(KEY, *listed, temperature=0.1)
        session = response.headers["x-session-id"]
        listed.append(answer_of(response))
        if question:
            listed.append({"role": "user", "content": question})
    await stage.chat(KEY, *listed[:3], "Another way?")
    return session


async def tools(stage: Stage) -> str:
    """A tool called, and its result."""
    listed: list[Any] = [{"role": "user", "content": "What is the weather in Lisbon?"}]
    response = await stage.chat(KEY, *listed, tools=TOOLS, tool_choice="required")
    call = answer_of(response)
    results = [
        {"role": "tool", "tool_call_id": one["id"], "content": '{"error": "no such place"}'}
        for one in call["tool_calls"]
    ]
    await stage.chat(KEY, *listed, call, *results, tools=TOOLS)
    return response.headers["x-session-id"]


async def streamed(stage: Stage) -> str:
    """Streams, each equal question answered twice, one with two choices, and an error."""
    first = await stage.chat(KEY, "Tell me more.", stream=True)
    await stage.chat(KEY, "Tell me more.", stream=True, headers={"x-session-id": first.headers["x-session-id"]})
    named = {
        "x-session-id": "several",
        "x-session-title": "Several",
        "x-session-tags": "a,b",
        "x-session-meta-app": "test",
    }
    await stage.chat(KEY, "Say it twice.", n=2, headers=named)
    await stage.chat(KEY, "Fail.", wish="status=429", headers=named)
    return first.headers["x-session-id"]


async def strays(stage: Stage) -> None:
    """Another owner, a body that is no request, a path that is only passed on."""
    await stage.chat(OTHER, "What do whales sing?")
    await stage.post("/v1/chat/completions", OTHER, b'{"no": "request"}')
    await stage.http.get("/v1/models", headers={"authorization": f"Bearer {KEY}"})


@asynccontextmanager
async def played(**flags: object) -> AsyncIterator[Played]:
    """All of it, recorded."""
    async with staged(**flags) as stage:
        one, two, three = await talk(stage), await tools(stage), await streamed(stage)
        await strays(stage)
        await stage.latest()  # by then all before is written
        yield Played(stage, one, two, three)


@asynccontextmanager
async def writable(url: str) -> AsyncIterator[Store]:
    """A store, to be changed."""
    store = await open_store(url)
    try:
        yield store
    finally:
        await store.close()


def said(line: bytes) -> dict[str, Any]:
    """A line of an export."""
    value: dict[str, Any] = json.loads(line)
    return value
