"""The conversations of `steno demo`, held through the real OpenAI SDK.

The only module that names the SDK, which is an extra. Knows a base URL and nothing of what stands behind it.
"""

import json
from contextlib import suppress
from typing import cast

from openai import AsyncOpenAI, DefaultAsyncHttpxClient, RateLimitError
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

Messages = list[ChatCompletionMessageParam]

_MODEL = "gpt-4o-mini"
_WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place, now.",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
    },
}


async def converse(base_url: str) -> str:
    """Hold all conversations; the id of the session that has a fork."""
    http = DefaultAsyncHttpxClient(trust_env=False)  # a proxy in the environment can't see this machine's loopback
    async with AsyncOpenAI(base_url=base_url, api_key="sk-demo", max_retries=0, http_client=http) as client:
        greeting: Messages = [{"role": "user", "content": "Hello, my name is Ada."}]
        await _answer(client, greeting)
        await _weather(client)
        forked = await _answer(client, [*greeting, {"role": "user", "content": "And what is my name?"}])
        await _answer(client, [*greeting, {"role": "user", "content": "Please count to 5."}])
        await _stream(client)
        await _named(client)
        await _fail(client)
        return forked


async def _answer(client: AsyncOpenAI, messages: Messages) -> str:
    """Ask; the answer is added to the messages. The session's id comes back in a header."""
    raw = await client.chat.completions.with_raw_response.create(model=_MODEL, messages=messages)
    completion = raw.parse()
    messages.append({"role": "assistant", "content": completion.choices[0].message.content})
    return raw.headers["x-session-id"]


async def _weather(client: AsyncOpenAI) -> None:
    """A tool call, its result, and what the model makes of it."""
    messages: Messages = [{"role": "user", "content": "How is the weather in Lisbon?"}]
    completion = await client.chat.completions.create(model=_MODEL, messages=messages, tools=[_WEATHER])
    message = completion.choices[0].message
    calls = message.tool_calls or []
    messages.append(cast("ChatCompletionMessageParam", message.model_dump(exclude_none=True)))
    result = json.dumps({"sky": "clear", "celsius": 24})
    messages += [{"role": "tool", "tool_call_id": call.id, "content": result} for call in calls]
    await client.chat.completions.create(model=_MODEL, messages=messages, tools=[_WEATHER])


async def _stream(client: AsyncOpenAI) -> None:
    messages: Messages = [
        {"role": "system", "content": "You are brief."},
        {"role": "user", "content": "Tell me something about the sea."},
    ]
    stream = await client.chat.completions.create(
        model=_MODEL, messages=messages, stream=True, stream_options={"include_usage": True}
    )
    async for _ in stream:
        pass


async def _named(client: AsyncOpenAI) -> None:
    """A session that the client names, and gives a title."""
    headers = {"x-session-id": "demo-notes", "x-session-title": "A session with a name"}
    messages: Messages = [{"role": "user", "content": "What is 6 * 7?"}]
    await client.chat.completions.create(model=_MODEL, messages=messages, extra_headers=headers)


async def _fail(client: AsyncOpenAI) -> None:
    messages: Messages = [{"role": "user", "content": "This one meets a rate limit."}]
    with suppress(RateLimitError):
        await client.chat.completions.create(model=_MODEL, messages=messages, extra_headers={"x-standin": "status=429"})
