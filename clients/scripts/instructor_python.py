"""Instructor: every answer is a call of a tool that it forces."""

from __future__ import annotations

from typing import Any

import instructor
from openai import OpenAI
from pydantic import BaseModel

from clients.scripts.told import MODEL, Ask, Conversation, play


class Person(BaseModel):
    """What is to be read out of a text."""

    name: str


def chat(told: Conversation) -> Ask:
    """Extract, with what was extracted before."""
    client, history = instructor.from_openai(OpenAI()), list[Any]()

    def ask(text: str) -> str:
        told.calls[:] = [(name, "taken") for name, _ in told.calls]  # as those results are now sent
        history.append({"role": "user", "content": text})
        create = client.chat.completions.create_with_completion
        _, completion = create(model=MODEL, messages=list(history), response_model=Person)
        message = completion.choices[0].message
        history.append(message.model_dump())
        for call in message.tool_calls:
            history.append({"role": "tool", "tool_call_id": call.id, "content": "taken"})
            told.calls.append(("Person", None))
        return message.content or ""

    return ask


if __name__ == "__main__":
    play(chat=chat)
