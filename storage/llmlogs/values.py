"""What ``llm`` logged, as frozen values, whichever tables it stood in."""

from __future__ import annotations

from storage.values import Value


class Attached(Value, frozen=True):
    """An image, a sound or a file: its content, or where it was."""

    type: str
    url: str = ""
    data: bytes = b""


class LoggedCall(Value, frozen=True):
    """A tool that was called; ``arguments`` are JSON."""

    id: str
    name: str
    arguments: str


class LoggedMessage(Value, frozen=True):
    """What one speaker said. A tool's result has the id of its call."""

    role: str
    text: str = ""
    reasoning: str = ""
    call_id: str = ""
    calls: tuple[LoggedCall, ...] = ()
    attached: tuple[Attached, ...] = ()


class Logged(Value, frozen=True):
    """One call of a model: the messages that came with it, and at the end its answer."""

    id: str
    conversation: str
    title: str
    model: str
    at: str
    milliseconds: int
    input_tokens: int | None
    output_tokens: int | None
    messages: tuple[LoggedMessage, ...]
