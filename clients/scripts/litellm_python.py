"""The LiteLLM SDK."""

from __future__ import annotations

import os
from typing import Any

import litellm

from clients.scripts.told import MODEL, Ask, Conversation, play


def chat(_: Conversation) -> Ask:
    """A completion with the history."""
    history = list[Any]()

    def ask(text: str) -> str:
        history.append({"role": "user", "content": text})
        message = litellm.completion(model=f"openai/{MODEL}", messages=history).choices[0].message
        history.append(message)
        return message.content or ""

    return ask


def stream(_: Conversation) -> Ask:
    """The same as a stream."""
    history = list[Any]()

    def ask(text: str) -> str:
        history.append({"role": "user", "content": text})
        chunks = litellm.completion(model=f"openai/{MODEL}", messages=history, stream=True)
        answer = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        history.append({"role": "assistant", "content": answer})
        return answer

    return ask


def responses(_: Conversation) -> Ask:
    """Responses, each after the one before."""
    earlier = list[str]()

    def ask(text: str) -> str:
        previous: Any = {"previous_response_id": earlier[-1]} if earlier else {}
        base = os.environ["OPENAI_BASE_URL"]
        reply = litellm.responses(model=f"openai/{MODEL}", input=text, api_base=base, **previous)
        earlier.append(reply.id)
        return "".join(part.text for item in reply.output for part in item.content)

    return ask


def messages(_: Conversation) -> Ask:
    """A completion by Anthropic's messages."""
    history = list[Any]()

    def ask(text: str) -> str:
        history.append({"role": "user", "content": text})
        message = litellm.completion(model="anthropic/claude-sonnet-4-5", messages=history).choices[0].message
        history.append(message)
        return message.content or ""

    return ask


if __name__ == "__main__":
    play(chat=chat, stream=stream, responses=responses, messages=messages)
