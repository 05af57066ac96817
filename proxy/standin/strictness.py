"""What strict providers refuse of a chat request: the sum of what OpenAI, Anthropic and Mistral answer 400 to.

Reads all of the messages, so it is asked for by a wish. Pure.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from proxy.standin.faults import Faults
from proxy.standin.prompts import Message, Prompt

ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
SYSTEM = frozenset({"system", "developer"})


def refusal(prompt: Prompt, faults: Faults, found: Callable[[], Iterator[str]] | None = None) -> tuple[str, str] | None:
    """Why a request isn't answered, as a code and a sentence; None if it is. ``found`` tells the flaws of one that is
    no chat request."""
    if faults.window is not None and prompt.tokens > faults.window:
        message = (
            f"This model's maximum context length is {faults.window} tokens. However, your messages resulted in "
            f"{prompt.tokens} tokens. Please reduce the length of the messages."
        )
        return "context_length_exceeded", message
    told = found or (lambda: flaws(prompt.history()))
    flaw = next(told(), "") if faults.strict else ""
    return ("invalid_messages", flaw) if flaw else None


def flaws(messages: Sequence[Message]) -> Iterator[str]:
    """What is wrong with a list of messages."""
    turns = list(messages)
    while turns and turns[0].role in SYSTEM:
        turns.pop(0)
    if not turns or turns[0].role != "user":
        yield "the first message after the system's must be a user's"
    elif turns[-1].role not in {"user", "tool"}:
        yield "the last message must be a user's or a tool's result"
    yield from (flaw for message in turns for flaw in _flaws_of(message))
    spoken = [(one.role, other.role) for one, other in pairwise(turns)]
    yield from (f"two messages of role {one} in a row" for one, other in spoken if one == other != "tool")
    yield from ("a user's message right after a tool's" for pair in spoken if pair == ("tool", "user"))
    yield from _parted(turns)


def _flaws_of(message: Message) -> Iterator[str]:
    if message.role not in ROLES:
        yield f"no role is called {message.role!r}"
    elif message.role in SYSTEM:
        yield "a system message may stand only at the beginning"
    elif not message.text and not message.tool_calls:
        yield f"a message of role {message.role} is empty"
    elif message.text and not message.text.strip():
        yield f"a message of role {message.role} is blank"


def _parted(turns: Sequence[Message]) -> Iterator[str]:
    """Calls without their results right after them, and results without their calls."""
    waiting: list[Any] = []
    seen: set[Any] = set()
    for message in [*turns, Message("user", "the end")]:
        if message.role == "tool":
            if message.tool_call_id not in waiting:
                yield f"the result of {message.tool_call_id} has no call right before it"
            waiting = [one for one in waiting if one != message.tool_call_id]
            continue
        if waiting:
            yield f"the call {waiting[0]} has no result right after it"
        waiting = [call.get("id") for call in message.tool_calls or []]
        if len(set(waiting) - seen) < len(waiting):
            yield f"the call {waiting[0]} stands there twice"
        seen.update(waiting)
