"""An agent of OpenAI's SDK with two tools: some turns, and all that came of them, to be compared with another run."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from agents import Agent, FunctionTool, OpenAIChatCompletionsModel, Runner, set_tracing_disabled
from openai import AsyncOpenAI

from clients.scripts.told import CITY, MODEL, Conversation, tell

QUESTIONS = (
    "Hello!",
    f"What is the weather in {CITY}?",
    f"Search flights to {CITY}, and tell me of the weather there.",
    f"And the weather in {CITY} once more?",
    "Thanks.",
)
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def _tool(told: Conversation, name: str) -> FunctionTool:
    async def called(_: Any, arguments: str) -> str:
        result = f"{name} number {len(told.calls)}, with {arguments}"
        told.calls.append((name, result))
        return result

    return FunctionTool(name, f"Does {name}", SCHEMA, called)


async def _whole(agent: Any, given: Any, **more: Any) -> tuple[Any, list[str]]:
    return await Runner.run(agent, given, **more), []


async def _streamed(agent: Any, given: Any, **more: Any) -> tuple[Any, list[str]]:
    """The result, and the text as it came."""
    result = Runner.run_streamed(agent, given, **more)
    events = [event.data async for event in result.stream_events() if event.type == "raw_response_event"]
    return result, [event.delta for event in events if event.type == "response.output_text.delta"]


async def _held(model: Any, run: Callable[..., Any], *, previous: bool) -> Conversation:
    told = Conversation()
    tools = [_tool(told, name) for name in ("get_weather", "search_flights")]
    agent = Agent(name="Helper", instructions="Be brief.", model=model, tools=tools)
    history: list[Any] = []
    more: dict[str, Any] = {}
    for question in QUESTIONS:
        result, heard = await run(agent, [*history, {"role": "user", "content": question}], **more)
        told.turn(question, str(result.final_output))
        used = result.context_wrapper.usage
        told.turns += [
            ("items", json.dumps(result.to_input_list())),
            ("heard", "".join(heard)),
            ("tokens", f"{used.requests} {used.input_tokens} {used.output_tokens}"),
        ]
        if previous:
            more = {"previous_response_id": result.last_response_id, "auto_previous_response_id": True}
        else:
            history = result.to_input_list()
    return told


def _chat() -> OpenAIChatCompletionsModel:
    return OpenAIChatCompletionsModel(model=MODEL, openai_client=AsyncOpenAI())


PARTS: dict[str, Callable[[], Any]] = {
    "default": lambda: _held(MODEL, _whole, previous=False),
    "held": lambda: _held(MODEL, _whole, previous=True),
    "stream": lambda: _held(MODEL, _streamed, previous=False),
    "chat": lambda: _held(_chat(), _whole, previous=False),
    "chat stream": lambda: _held(_chat(), _streamed, previous=False),
}

if __name__ == "__main__":
    set_tracing_disabled(disabled=True)
    tell([asyncio.run(PARTS[sys.argv[1]]())])
