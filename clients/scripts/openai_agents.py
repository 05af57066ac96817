"""OpenAI's Agents SDK."""

from __future__ import annotations

from typing import Any

from agents import Agent, FunctionTool, OpenAIChatCompletionsModel, Runner, set_tracing_disabled
from openai import AsyncOpenAI

from clients.scripts.told import MODEL, Ask, Conversation, play

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def default(told: Conversation) -> Ask:
    """An agent with a tool, as it comes: over responses."""
    return _agent(told, MODEL)


def held(told: Conversation) -> Ask:
    """The same, each run after the reply that the upstream holds."""
    agent, earlier = _with_tool(told, MODEL), list[str]()

    def ask(text: str) -> str:
        previous = earlier[-1] if earlier else None
        result = Runner.run_sync(agent, text, previous_response_id=previous, auto_previous_response_id=True)
        earlier.append(result.last_response_id)
        return str(result.final_output)

    return ask


def chat(told: Conversation) -> Ask:
    """The same over chat completions."""
    return _agent(told, OpenAIChatCompletionsModel(model=MODEL, openai_client=AsyncOpenAI()))


def _with_tool(told: Conversation, model: Any) -> Any:
    async def get_weather(_: Any, arguments: str) -> str:
        return told.weather(arguments)

    tool = FunctionTool("get_weather", "The weather of a city", SCHEMA, get_weather)
    return Agent(name="Helper", instructions="Be brief.", model=model, tools=[tool])


def _agent(told: Conversation, model: Any) -> Ask:
    agent, history = _with_tool(told, model), list[Any]()

    def ask(text: str) -> str:
        result = Runner.run_sync(agent, [*history, {"role": "user", "content": text}])
        history[:] = result.to_input_list()
        return str(result.final_output)

    return ask


if __name__ == "__main__":
    set_tracing_disabled(disabled=True)
    play(default=default, held=held, chat=chat)
