"""Pydantic AI."""

from __future__ import annotations

from typing import Any

from pydantic_ai import Agent

from clients.scripts.told import MODEL, Ask, Conversation, play


def default(told: Conversation) -> Ask:
    """An agent with a tool, as it comes: over responses."""
    return _agent(told, f"openai:{MODEL}")


def chat(told: Conversation) -> Ask:
    """The same over chat completions."""
    return _agent(told, f"openai-chat:{MODEL}")


def _agent(told: Conversation, model: str) -> Ask:
    def get_weather(city: str) -> str:
        """The weather of a city."""
        return told.weather(city)

    agent: Any = Agent(model, tools=[get_weather], instructions="Be brief.")
    history = list[Any]()

    def ask(text: str) -> str:
        result = agent.run_sync(text, message_history=list(history))
        history[:] = result.all_messages()
        return str(result.output)

    return ask


if __name__ == "__main__":
    play(default=default, chat=chat)
