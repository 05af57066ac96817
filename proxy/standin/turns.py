"""A request to /v1/messages -> the prompt that the same request to chat would be.

So that one conversation gets the same answers in both layouts. Reads as little of odd requests as chat does.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from proxy.standin.prompts import Prompt, PromptError, decode, read_prompt

Object = dict[str, Any]
_CHOICES = {"any": "required", "none": "none"}


class MessagesRequest(msgspec.Struct, frozen=True):
    """A request to /v1/messages, as far as an answer depends on it."""

    messages: list[Any]
    model: str = "standin"
    max_tokens: int | None = None
    system: Any = None
    stream: bool | None = None
    tools: list[Any] | None = None
    tool_choice: Any = None
    thinking: Any = None

    @property
    def thinks(self) -> bool:
        """Whether the caller wants to read the model's thoughts."""
        return isinstance(self.thinking, dict) and self.thinking.get("type") == "enabled"


def read_request(body: bytes) -> MessagesRequest:
    """Read the body of a request."""
    request = decode(body, MessagesRequest)
    if not request.messages:
        message = "messages: at least one message is required"
        raise PromptError(message)
    return request


def prompted(request: MessagesRequest) -> Prompt:
    """What it asks for, read as a chat request's body is."""
    chat: Object = {
        "model": request.model,
        "messages": [said for message in request.messages for said in _said(message)],
        "tools": [_function(tool) for tool in request.tools or [] if isinstance(tool, dict)] or None,
        "tool_choice": _choice(request.tool_choice),
        "stream": request.stream,
    }
    return read_prompt(msgspec.json.encode(chat))


def _said(message: Any) -> Iterator[Object]:
    """One message: results come first, each by itself."""
    if not isinstance(message, dict):
        kind = "messages: each must be an object"
        raise PromptError(kind)
    role, content = message.get("role"), message.get("content")
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    for block in blocks:
        if block.get("type") == "tool_result":
            text = _text(block.get("content"))
            yield {"role": "tool", "tool_call_id": block.get("tool_use_id"), "content": text}
    calls = [_called(block) for block in blocks if block.get("type") == "tool_use"]
    texts = _text(content)
    if role == "assistant" or texts or not blocks:
        yield {"role": role, "content": texts, "tool_calls": calls or None}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    return "".join(str(block.get("text") or "") for block in blocks if block.get("type") == "text")


def _called(block: Object) -> Object:
    return {"id": block.get("id"), "type": "function", "function": {"name": block.get("name")}}


def _function(tool: Object) -> Object:
    function = {"name": tool.get("name"), "parameters": tool.get("input_schema") or {}}
    return {"type": "function", "function": function}


def _choice(choice: Any) -> Any:
    if not isinstance(choice, dict):
        return None
    if choice.get("type") == "tool":
        return {"type": "function", "function": {"name": choice.get("name")}}
    return _CHOICES.get(str(choice.get("type")))
