"""Reply -> the JSON of the wire: a completion, or the chunks of a stream and the server-sent events around them.

Knows the layouts of chat completions and of the legacy text completions, and the quirks of providers that the faults
name. Pure: ids and times come in with the head.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Literal

import msgspec

from proxy.standin.faults import Faults
from proxy.standin.replies import Choice, Reply

Delta = dict[str, Any]

_encode = msgspec.json.encode
_WORDS = re.compile(r"\S+\s*|\s+")
_DONE = b"[DONE]"
_FAILURE = {
    "error": {
        "message": "The stand-in failed in mid-stream, as asked.",
        "type": "server_error",
        "param": None,
        "code": "standin_failure",
    }
}


class Head(msgspec.Struct, frozen=True):
    """What all chunks of a reply have in common."""

    id: str
    created: int
    model: str
    kind: Literal["chat", "text"] = "chat"

    def opening(self, *, chunk: bool) -> dict[str, Any]:
        """Write the fields which come before the choices."""
        name = {"chat": "chat.completion" + ".chunk" * chunk, "text": "text_completion"}[self.kind]
        return {"id": self.id, "object": name, "created": self.created, "model": self.model}


def completion(reply: Reply, head: Head, faults: Faults) -> bytes:
    """Write a reply as one JSON body."""
    body = head.opening(chunk=False)
    written = _chat_choice if head.kind == "chat" else _text_choice
    body["choices"] = [written(choice, index, faults) for index, choice in enumerate(reply.choices)]
    if faults.usage != "never":
        body["usage"] = reply.usage
    body["system_fingerprint"] = "fp_standin"
    return _encode(body)


def events(reply: Reply, head: Head, faults: Faults, *, usage_wanted: bool) -> list[bytes]:
    """Write a reply as server-sent events, one a frame."""
    chunks = [_encode(chunk) for chunk in _chunks(reply, head, faults, usage_wanted=usage_wanted)]
    if faults.error_after is not None:
        chunks = [*chunks[: faults.error_after], _encode(_FAILURE)]
    elif not faults.no_done:
        chunks.append(_DONE)
    end = b"\r\n\r\n" if faults.crlf else b"\n\n"
    return [b"data: " + chunk + end for chunk in chunks]


def pieces(text: str, count: int | None) -> list[str]:
    """Part a text into words, or into a given number of pieces."""
    if count is None:
        return _WORDS.findall(text)
    edges = [place * len(text) // count for place in range(count + 1)] if count else []
    return [text[start:end] for start, end in pairwise(edges)]


def _chunks(reply: Reply, head: Head, faults: Faults, *, usage_wanted: bool) -> Iterator[dict[str, Any]]:
    opening = head.opening(chunk=True)
    if head.kind == "chat":
        opening["system_fingerprint"] = "fp_standin"
    alone = usage_wanted and faults.usage is None
    for choice, last in _choices(reply, head, faults):
        chunk = {**opening, "choices": [choice]}
        if faults.usage == "every" or (last and faults.usage == "with_choices"):
            chunk["usage"] = reply.usage
        elif alone:
            chunk["usage"] = None
        yield chunk
    if alone:
        yield {**opening, "choices": [], "usage": reply.usage}


def _choices(reply: Reply, head: Head, faults: Faults) -> Iterator[tuple[dict[str, Any], bool]]:
    """Write each chunk's choice, and whether it is the last: the answers take turns, and then they finish."""
    written = _chat_delta if head.kind == "chat" else _text_delta
    deltas = [list(_deltas(choice, faults)) for choice in reply.choices]
    turns = [
        written(index, delta, None)
        for turn in range(max(map(len, deltas)))
        for index, mine in enumerate(deltas)
        for delta in mine[turn : turn + 1]
        if head.kind == "chat" or "role" not in delta
    ]
    if not faults.no_finish:
        turns += [written(index, {}, choice.finish_reason) for index, choice in enumerate(reply.choices)]
    return ((turn, place == len(turns)) for place, turn in enumerate(turns, 1))


def _deltas(choice: Choice, faults: Faults) -> Iterator[Delta]:
    yield {"role": "assistant", "content": None if choice.calls else "", "refusal": None}
    yield from ({"reasoning_content": word} for word in _WORDS.findall(choice.reasoning or ""))
    yield from ({"refusal": word} for word in _WORDS.findall(choice.refusal or ""))
    yield from ({"content": piece} for piece in pieces(choice.text or "", faults.frames if choice.text else None))
    yield from _numbered(_call_deltas(choice), faults)


def _call_deltas(choice: Choice) -> Iterator[tuple[int, Delta]]:
    for place, call in enumerate(choice.calls):
        function = {"name": call.name, "arguments": ""}
        yield place, {"id": call.id, "type": "function", "function": function}
        yield from ((place, {"function": {"arguments": part}}) for part in _WORDS.findall(call.arguments))


def _numbered(deltas: Iterable[tuple[int, Delta]], faults: Faults) -> Iterator[Delta]:
    """Give the deltas of calls their index, right or as oddly as asked."""
    for drifting, (place, delta) in enumerate(deltas):
        match faults.tool_index:
            case None:
                numbered = {"index": place, **delta}
            case "zero":
                numbered = {"index": 0, **delta}
            case "drift":
                numbered = {"index": drifting, **delta}
            case "missing":
                numbered = delta
        yield {"tool_calls": [numbered]}


def _chat_delta(index: int, delta: Delta, finish: str | None) -> dict[str, Any]:
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}


def _text_delta(index: int, delta: Delta, finish: str | None) -> dict[str, Any]:
    return {"index": index, "text": delta.get("content") or "", "logprobs": None, "finish_reason": finish}


def _chat_choice(choice: Choice, index: int, faults: Faults) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": choice.text,
        "refusal": choice.refusal,
        "annotations": [],
    }
    if choice.reasoning:
        message["reasoning_content"] = choice.reasoning
    if choice.calls:
        functions = [(call.id, {"name": call.name, "arguments": call.arguments}) for call in choice.calls]
        message["tool_calls"] = [{"id": mark, "type": "function", "function": call} for mark, call in functions]
    return {"index": index, "message": message, "logprobs": None, "finish_reason": _finish(choice, faults)}


def _text_choice(choice: Choice, index: int, faults: Faults) -> dict[str, Any]:
    return {"index": index, "text": choice.text or "", "logprobs": None, "finish_reason": _finish(choice, faults)}


def _finish(choice: Choice, faults: Faults) -> str | None:
    return None if faults.no_finish else choice.finish_reason
