"""A request to /v1/responses -> a Prompt, and a Reply -> the response that says it.

Pure: what was answered before is given, ids and times come in. Nobody there is cleverer than in a chat, so a request is
read as the chat that it amounts to.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from proxy.standin.faults import Faults
from proxy.standin.item_flaws import seal
from proxy.standin.prompts import Prompt, PromptError, decode, read_prompt
from proxy.standin.replies import Choice, Reply

Item = dict[str, Any]


class ResponseRequest(msgspec.Struct, frozen=True):
    """A request to /v1/responses."""

    input: Any = None
    model: str = "standin"
    stream: bool | None = None
    instructions: Any = None
    tools: list[Any] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    previous_response_id: str | None = None
    store: bool | None = None
    background: bool | None = None
    include: list[str] | None = None
    text: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class Head(msgspec.Struct, frozen=True):
    """What a response has whatever it says."""

    mark: str
    created: int
    request: ResponseRequest

    @property
    def id(self) -> str:
        """The response's id."""
        return f"resp_{self.mark}"

    def response(self, status: str, output: list[Item], usage: dict[str, Any] | None = None) -> Item:
        """Write a response."""
        asked = self.request
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "background": bool(asked.background),
            "error": {"code": "server_error", "message": "The stand-in failed, as asked."}
            if status == "failed"
            else None,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "instructions": asked.instructions,
            "metadata": asked.metadata or {},
            "model": asked.model,
            "output": output,
            "parallel_tool_calls": asked.parallel_tool_calls is not False,
            "previous_response_id": asked.previous_response_id,
            "store": asked.store is not False,
            "text": asked.text or {"format": {"type": "text"}},
            "tool_choice": asked.tool_choice or "auto",
            "tools": asked.tools or [],
            "truncation": "disabled",
            "usage": usage,
        }


def prompted(request: ResponseRequest, earlier: Iterable[Item]) -> Prompt:
    """Read a request as the chat that it amounts to, after what was said earlier."""
    messages = list(_messages([*earlier, *items_of(request.input)]))
    if not messages:
        message = "input: nothing is asked"
        raise PromptError(message)
    chat = {
        "messages": messages,
        "model": request.model,
        "stream": request.stream,
        "parallel_tool_calls": request.parallel_tool_calls,
        "tools": [_tool(tool) for tool in request.tools or [] if isinstance(tool, dict)],
        "tool_choice": _choice(request.tool_choice),
        "response_format": _format(request.text),
    }
    return read_prompt(msgspec.json.encode(chat))


def read_request(body: bytes) -> ResponseRequest:
    """Read a request's body."""
    return decode(body, ResponseRequest)


def items_of(given: Any) -> list[Item]:
    """An input as items."""
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []


def output(reply: Reply, head: Head) -> list[Item]:
    """The items that a reply is made of."""
    return list(_items(reply.choices[0], head))


def usage(reply: Reply, faults: Faults) -> dict[str, Any] | None:
    """A reply's usage in the words of this API."""
    if faults.usage == "never":
        return None
    told = reply.usage
    return {
        "input_tokens": told["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": told["prompt_tokens_details"]["cached_tokens"]},
        "output_tokens": told["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": told["completion_tokens_details"]["reasoning_tokens"]},
        "total_tokens": told["total_tokens"],
    }


def _items(choice: Choice, head: Head) -> Iterator[Item]:
    if choice.reasoning:
        summary = [{"type": "summary_text", "text": choice.reasoning}]
        thought = {"id": f"rs_{head.mark}", "type": "reasoning", "summary": summary}
        if "reasoning.encrypted_content" in (head.request.include or []):
            thought["encrypted_content"] = seal(choice.reasoning)
        yield thought
    if choice.text is not None or choice.refusal:
        part: Item = {"type": "output_text", "text": choice.text, "annotations": [], "logprobs": []}
        if choice.refusal:
            part = {"type": "refusal", "refusal": choice.refusal}
        name = f"msg_{head.mark}"
        yield {"id": name, "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    for place, call in enumerate(choice.calls):
        called = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
        yield {"id": f"fc_{head.mark}_{place}", "type": "function_call", "status": "completed", **called}


def _messages(items: Iterable[Item]) -> Iterator[Item]:
    """Items as messages of a chat; what is none there is passed over."""
    for item in items:
        match item.get("type", "message"):
            case "message":
                yield {"role": item.get("role", "user"), "content": item.get("content")}
            case "function_call":
                called = {"name": item.get("name"), "arguments": item.get("arguments")}
                yield {"role": "assistant", "tool_calls": [{"id": item.get("call_id"), "function": called}]}
            case "function_call_output":
                given = item.get("output")
                content = given if isinstance(given, str) else json.dumps(given)
                yield {"role": "tool", "tool_call_id": item.get("call_id"), "content": content}


def _tool(tool: Item) -> Item:
    return {"type": "function", "function": tool} if tool.get("type") == "function" else tool


def _choice(choice: Any) -> Any:
    return {"function": choice} if isinstance(choice, dict) and choice.get("type") == "function" else choice


def _format(text: dict[str, Any] | None) -> Item | None:
    wanted = (text or {}).get("format")
    return {**wanted, "json_schema": wanted} if isinstance(wanted, dict) else None
