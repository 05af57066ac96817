"""What a script tells of its conversations, and how it holds them. Needs nothing but Python."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

MODEL = "gpt-4o-mini"
CITY = "Oslo"
FORECAST = "18 degrees and rain"

Ask = Callable[[str], str]


@dataclass(slots=True)
class Conversation:
    """A conversation as its client saw it: who said what, and which tool gave what."""

    turns: list[tuple[str, str]] = field(default_factory=list)
    calls: list[tuple[str, str | None]] = field(default_factory=list)
    parent: int | None = None

    def turn(self, asked: str, answered: str) -> None:
        """A question and its answer."""
        self.turns += [("user", asked), ("assistant", answered)]

    def weather(self, city: str = CITY) -> str:
        """The tool that every client may call."""
        del city
        self.calls.append(("get_weather", FORECAST))
        return FORECAST


Start = Callable[[Conversation], Ask]


def questions(name: str) -> list[str]:
    """What is asked: all begin alike, then tell names, and come to the tool at the end."""
    return ["Hello!", f"My name is {name}.", "What is my name?", f"What is the weather in {CITY}?"]


def names() -> tuple[str, str]:
    """Two that nobody else has."""
    mark = os.environ["CLIENT_MARK"]
    return f"Ada-{mark}", f"Grace-{mark}"


def talk(start: Start) -> list[Conversation]:
    """Two conversations at once, turn by turn."""
    held = [(Conversation(), name) for name in names()]
    asks = [start(conversation) for conversation, _ in held]
    for number in range(len(questions(""))):
        for (conversation, name), ask in zip(held, asks, strict=True):
            question = questions(name)[number]
            conversation.turn(question, ask(question))
    return [conversation for conversation, _ in held]


def tell(conversations: list[Conversation]) -> None:
    """The last line of a script."""
    sys.stdout.write("\n" + json.dumps([asdict(conversation) for conversation in conversations]) + "\n")


def play(**parts: Start) -> None:
    """Hold the conversations of the part that was asked for."""
    tell(talk(parts[sys.argv[1]]))
