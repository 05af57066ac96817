"""LangChain."""

from __future__ import annotations

from typing import Any

from langchain.agents import create_agent
from langchain_openai import ChatOpenAI

from clients.scripts.told import MODEL, Ask, Conversation, play


def chat(_: Conversation) -> Ask:
    """A chat model, called with the history."""
    model, history = ChatOpenAI(model=MODEL), list[Any]()

    def ask(text: str) -> str:
        history.append(("user", text))
        message = model.invoke(history)
        history.append(message)
        return str(message.text)

    return ask


def stream(_: Conversation) -> Ask:
    """The same as a stream."""
    model, history = ChatOpenAI(model=MODEL), list[Any]()

    def ask(text: str) -> str:
        history.append(("user", text))
        chunks = list(model.stream(history))
        message = sum(chunks[1:], start=chunks[0])
        history.append(message)
        return str(message.text)

    return ask


def agent(told: Conversation) -> Ask:
    """An agent with a tool."""
    return _agent(told, ChatOpenAI(model=MODEL))


def responses(told: Conversation) -> Ask:
    """An agent with a tool, over responses."""
    return _agent(told, ChatOpenAI(model=MODEL, use_responses_api=True))


def _agent(told: Conversation, model: Any) -> Ask:
    def get_weather(city: str) -> str:
        """The weather of a city."""
        return told.weather(city)

    agent, history = create_agent(model, tools=[get_weather], system_prompt="Be brief."), list[Any]()

    def ask(text: str) -> str:
        history.append(("user", text))
        history[:] = agent.invoke({"messages": history})["messages"]
        return str(history[-1].text)

    return ask


if __name__ == "__main__":
    play(chat=chat, stream=stream, agent=agent, responses=responses)
