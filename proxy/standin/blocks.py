"""Reply -> the JSON of /v1/messages: a message of blocks, or the typed events of a stream.

Pure: ids come in with the head. The same faults as in chat spoil it, where they have a meaning here.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from proxy.standin.block_flaws import signature_of
from proxy.standin.faults import Faults
from proxy.standin.frames import pieces
from proxy.standin.replies import Choice, Reply

Object = dict[str, Any]
_encode = msgspec.json.encode
_WORDS = re.compile(r"\S+\s*|\s+")
_FAILURE = {
    "type": "error",
    "error": {"type": "overloaded_error", "message": "The stand-in failed in mid-stream, as asked."},
}


class Head(msgspec.Struct, frozen=True):
    """What a message is but for its blocks; ``marked`` if parts of the prompt are to be cached."""

    mark: str
    model: str
    marked: bool = False

    def message(self, reply: Reply, faults: Faults) -> Object:
        """The whole message."""
        message = {
            "id": f"msg_{self.mark}",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": _blocks(reply.choices[0]),
            "stop_reason": None if faults.no_finish else _reason(reply.choices[0]),
            "stop_sequence": None,
        }
        return message if faults.usage == "never" else {**message, "usage": self.usage(reply)}

    def usage(self, reply: Reply) -> Object:
        """Its parts are counted apart here: what was cached, what goes into the cache, all else."""
        prompt, cached = reply.usage["prompt_tokens"], reply.usage["prompt_tokens_details"]["cached_tokens"]
        written = (prompt - cached) // 2 if self.marked else 0
        return {
            "input_tokens": prompt - cached - written,
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": cached,
            "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
            "output_tokens": reply.usage["completion_tokens"],
            "service_tier": "standard",
        }


def events(reply: Reply, head: Head, faults: Faults) -> list[bytes]:
    """Write a reply as server-sent events, one a frame."""
    told = list(_events(head.message(reply, faults), faults))
    if faults.error_after is not None:
        told = [*told[: faults.error_after], _FAILURE]
    elif not faults.no_done:
        told.append({"type": "message_stop"})
    end = b"\r\n" if faults.crlf else b"\n"
    return [b"event: " + event["type"].encode() + end + b"data: " + _encode(event) + end + end for event in told]


def _blocks(choice: Choice) -> list[Object]:
    blocks: list[Object] = []
    if choice.reasoning:
        signature = signature_of(choice.reasoning)
        blocks.append({"type": "thinking", "thinking": choice.reasoning, "signature": signature})
    if choice.text or choice.refusal:
        blocks.append({"type": "text", "text": choice.text or choice.refusal})
    for call in choice.calls:
        name = call.id.replace("call_", "toolu_")
        blocks.append({"type": "tool_use", "id": name, "name": call.name, "input": msgspec.json.decode(call.arguments)})
    return blocks


def _reason(choice: Choice) -> str:
    return "tool_use" if choice.calls else "refusal" if choice.refusal else "end_turn"


def _events(message: Object, faults: Faults) -> Iterator[Object]:
    usage, reason = message.get("usage"), message["stop_reason"]
    begun = {**message, "content": [], "stop_reason": None}
    if usage is not None:
        begun["usage"] = {**usage, "output_tokens": 1}
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(message["content"]):
        yield {"type": "content_block_start", "index": index, "content_block": _begun(block)}
        if index == 0:
            yield {"type": "ping"}
        for delta in _deltas(block, faults):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    if reason:
        told = {} if usage is None else {"usage": {"output_tokens": usage["output_tokens"]}}
        yield {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, **told}


def _begun(block: Object) -> Object:
    match block["type"]:
        case "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}
        case "text":
            return {"type": "text", "text": ""}
        case _:
            return {**block, "input": {}}


def _deltas(block: Object, faults: Faults) -> Iterator[Object]:
    match block["type"]:
        case "thinking":
            yield from ({"type": "thinking_delta", "thinking": word} for word in _WORDS.findall(block["thinking"]))
            yield {"type": "signature_delta", "signature": block["signature"]}
        case "text":
            yield from ({"type": "text_delta", "text": piece} for piece in pieces(block["text"], faults.frames))
        case _:
            yield {"type": "input_json_delta", "partial_json": ""}
            written = _encode(block["input"]).decode()
            parts = (written[at : at + 7] for at in range(0, len(written), 7))
            yield from ({"type": "input_json_delta", "partial_json": part} for part in parts)
