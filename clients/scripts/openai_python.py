"""The OpenAI SDK for Python."""

from __future__ import annotations

import json
from typing import Any

from openai import OpenAI

from clients.scripts.told import MODEL, Ask, Conversation, play

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION = {"name": "get_weather", "description": "The weather of a city", "parameters": PARAMETERS}


def chat(_: Conversation) -> Ask:
    """Chat completions, the reply's own object sent back."""
    client, history = OpenAI(), list[Any]()

    def ask(text: str) -> str:
        history.append({"role": "user", "content": text})
        message = client.chat.completions.create(model=MODEL, messages=history).choices[0].message
        history.append(message)
        return message.content or ""

    return ask


def stream(_: Conversation) -> Ask:
    """The same as a stream."""
    client, history = OpenAI(), list[Any]()

    def ask(text: str) -> str:
        history.append({"role": "user", "content": text})
        chunks = client.chat.completions.create(model=MODEL, messages=history, stream=True)
        answer = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        history.append({"role": "assistant", "content": answer})
        return answer

    return ask


def tools(told: Conversation) -> Ask:
    """Chat completions with a tool, under a system prompt with a clock."""
    client, history = OpenAI(), list[Any]()

    def ask(text: str) -> str:
        history.append({"role": "user", "content": text})
        while True:
            system: Any = {"role": "system", "content": f"You are helpful. Message {len(history)}."}
            offered: Any = [{"type": "function", "function": FUNCTION}]
            reply = client.chat.completions.create(model=MODEL, messages=[system, *history], tools=offered)
            message = reply.choices[0].message
            history.append(message.model_dump(exclude_none=True))
            if not message.tool_calls:
                return message.content or ""
            for call in message.tool_calls:
                arguments = json.loads(call.function.arguments)  # type: ignore[union-attr]
                result = told.weather(arguments["city"])
                history.append({"role": "tool", "tool_call_id": call.id, "content": result})

    return ask


def responses(told: Conversation) -> Ask:
    """Responses with the whole history in each request, and a tool."""
    client, history = OpenAI(), list[Any]()
    offered: Any = [{"type": "function", **FUNCTION}]

    def ask(text: str) -> str:
        history.append({"role": "user", "content": text})
        while True:
            reply = client.responses.create(model=MODEL, input=history, tools=offered, store=False)
            history.extend(reply.output)
            calls = [item for item in reply.output if item.type == "function_call"]
            if not calls:
                return reply.output_text
            for call in calls:
                result = told.weather(json.loads(call.arguments)["city"])
                history.append({"type": "function_call_output", "call_id": call.call_id, "output": result})

    return ask


def held(_: Conversation) -> Ask:
    """Responses as a stream, each after the one before, which the upstream holds."""
    client, earlier = OpenAI(), list[str]()

    def ask(text: str) -> str:
        previous: Any = {"previous_response_id": earlier[-1]} if earlier else {}
        with client.responses.stream(model=MODEL, input=text, **previous) as events:
            reply = events.until_done().get_final_response()
        earlier.append(reply.id)
        return reply.output_text

    return ask


if __name__ == "__main__":
    play(chat=chat, stream=stream, tools=tools, responses=responses, held=held)
