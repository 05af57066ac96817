"""What a chat request asks for.

Reads no more of the messages than the answer needs: of a long conversation only its end is decoded, so that the
stand-in stays cheap under the benchmark. Reads what strict parsers refuse (NaN, 1e400, lone surrogates) as well.
"""

import json
import math
from typing import Any, TypeVar

import msgspec

from proxy.standin.faults import directive

Kind = TypeVar("Kind")


class PromptError(ValueError):
    """The body is no request that could be answered."""


class StreamOptions(msgspec.Struct, frozen=True):
    """How a stream shall be sent."""

    include_usage: bool | None = None


class ChatRequest(msgspec.Struct, frozen=True):
    """A request to /v1/chat/completions, its messages still undecoded."""

    messages: list[msgspec.Raw]
    model: str = "standin"
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    tools: list[Any] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    response_format: dict[str, Any] | None = None


class Message(msgspec.Struct, frozen=True):
    """One message, as far as an answer depends on it."""

    role: str = ""
    content: Any = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """The message's text, its parts joined."""
        if isinstance(self.content, str):
            return self.content
        parts = self.content if isinstance(self.content, list) else []
        return "".join(str(part.get("text") or "") for part in parts if isinstance(part, dict))


class Prompt(msgspec.Struct, frozen=True):
    """The end of a conversation, and what may be answered to it."""

    request: ChatRequest
    text: str  # the last user message, without its directives
    asked: dict[str, str]  # those directives; only while the user has the last word
    results: tuple[tuple[str, str], ...]  # the tool results at the end: tool name, content
    tokens: int

    @property
    def streamed(self) -> bool:
        """Whether the caller wants server-sent events."""
        return bool(self.request.stream)

    @property
    def usage_wanted(self) -> bool:
        """Whether the caller wants a usage chunk at the end of its stream."""
        options = self.request.stream_options
        return bool(options and options.include_usage)

    def history(self) -> list[Message]:
        """All messages, decoded: for the few answers which look back."""
        return [decode(raw, Message) for raw in self.request.messages]


def decode(body: bytes | msgspec.Raw, kind: type[Kind]) -> Kind:
    """Decode JSON into the type; PromptError when it is none, or none of that type."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode_leniently(bytes(body), kind)


def read_prompt(body: bytes) -> Prompt:
    """Read the body of a chat request."""
    request = decode(body, ChatRequest)
    if not request.messages:
        message = "messages: at least one is needed"
        raise PromptError(message)
    last = decode(request.messages[-1], Message)
    tokens = max(1, len(body) // 4)
    if last.role == "user":
        text, asked = directive(last.text)
        return Prompt(request, text, asked, (), tokens)
    text, results = _tail(request.messages)
    return Prompt(request, text, {}, results, tokens)


def _tail(messages: list[msgspec.Raw]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Walk back to the last user message, with the tool results that stand at the end."""
    results: list[tuple[str, str]] = []
    names: dict[str, str] = {}
    at_the_end = True
    for message in map(_message, reversed(messages)):
        if message.role == "user":
            text, _ = directive(message.text)
            return text, tuple((names.get(call, "the tool"), content) for call, content in reversed(results))
        at_the_end = at_the_end and message.role == "tool"
        if at_the_end:
            results.append((message.tool_call_id or "", message.text))
        names = _called(message) | names
    return "", tuple((names.get(call, "the tool"), content) for call, content in reversed(results))


def _message(raw: msgspec.Raw) -> Message:
    return decode(raw, Message)


def _called(message: Message) -> dict[str, str]:
    calls = message.tool_calls or []
    return {str(call.get("id")): str((call.get("function") or {}).get("name")) for call in calls}


def _decode_leniently(body: bytes, kind: type[Kind]) -> Kind:
    try:
        values = json.loads(body.decode(errors="replace"), parse_constant=lambda _: None, parse_float=_finite)
        text = json.dumps(values, ensure_ascii=False)
        return msgspec.json.decode(_without_surrogates(text), type=kind)
    except (ValueError, RecursionError) as error:
        message = f"the body is no request that can be read: {error}"
        raise PromptError(message) from error


def _finite(number: str) -> float | None:
    value = float(number)
    return value if math.isfinite(value) else None


def _without_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
