"""Anthropic's SDK for Python."""

from __future__ import annotations

from typing import Any

from anthropic import Anthropic

from clients.scripts.told import Ask, Conversation, play

MODEL = "claude-sonnet-4-5"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: Any = [{"name": "get_weather", "description": "The weather of a city", "input_schema": SCHEMA}]


def messages(told: Conversation) -> Ask:
    """Messages, the reply's own blocks sent back, and a tool."""
    client, history = Anthropic(), list[Any]()

    def ask(text: str) -> str:
        history.append({"role": "user", "content": text})
        while True:
            reply = client.messages.create(model=MODEL, max_tokens=500, messages=history, tools=TOOLS)
            history.append({"role": "assistant", "content": reply.content})
            uses = [block for block in reply.content if block.type == "tool_use"]
            if not uses:
                return "".join(block.text for block in reply.content if block.type == "text")
            given = [(use.id, told.weather(str(use.input["city"]))) for use in uses]
            results = [{"type": "tool_result", "tool_use_id": name, "content": result} for name, result in given]
            history.append({"role": "user", "content": results})

    return ask


def stream(_: Conversation) -> Ask:
    """The same as a stream, and texts sent back."""
    client, history = Anthropic(), list[Any]()

    def ask(text: str) -> str:
        history.append({"role": "user", "content": text})
        with client.messages.stream(model=MODEL, max_tokens=500, messages=history, system="Be brief.") as events:
            answer = "".join(events.text_stream)
        history.append({"role": "assistant", "content": answer})
        return answer

    return ask


if __name__ == "__main__":
    play(messages=messages, stream=stream)
