"""LlamaIndex."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.llms.openai import OpenAI, OpenAIResponses

from clients.scripts.told import MODEL, Ask, Conversation, play


def chat(_: Conversation) -> Ask:
    """A model, called with the history."""
    return _with(OpenAI(model=MODEL))


def stream(_: Conversation) -> Ask:
    """The same as a stream."""
    model, history = OpenAI(model=MODEL), list[Any]()

    def ask(text: str) -> str:
        history.append(ChatMessage(role="user", content=text))
        *_, last = model.stream_chat(history)
        history.append(last.message)
        return last.message.content or ""

    return ask


def responses(_: Conversation) -> Ask:
    """Over responses."""
    return _with(OpenAIResponses(model=MODEL))


def _with(model: Any) -> Ask:
    history = list[Any]()

    def ask(text: str) -> str:
        history.append(ChatMessage(role="user", content=text))
        message = model.chat(history).message
        history.append(message)
        return message.content or ""

    return ask


if __name__ == "__main__":
    play(chat=chat, stream=stream, responses=responses)
