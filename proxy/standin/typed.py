"""A response -> the typed events of its stream, each a frame, numbered as on the wire. Pure."""

from collections.abc import Iterator
from typing import Any

import msgspec

from proxy.standin.faults import Faults
from proxy.standin.frames import pieces
from proxy.standin.items import Head, Item

_encode = msgspec.json.encode
_FAILURE = {
    "type": "error",
    "code": "standin_failure",
    "message": "The stand-in failed in mid-stream, as asked.",
    "param": None,
}


def typed_events(head: Head, response: Item, faults: Faults) -> list[bytes]:
    """Write a response as server-sent events, one a frame."""
    told = list(_told(head, response, faults))
    if faults.error_after is not None:
        told = [*told[: faults.error_after], _FAILURE]
    end = b"\r\n" if faults.crlf else b"\n"
    return [_frame({**event, "sequence_number": number}, end) for number, event in enumerate(told)]


def _frame(event: Item, end: bytes) -> bytes:
    return b"event: " + str(event["type"]).encode() + end + b"data: " + _encode(event) + end + end


def _told(head: Head, response: Item, faults: Faults) -> Iterator[Item]:
    status = "queued" if response["background"] else "in_progress"
    begun = head.response(status, [])
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": {**begun, "status": "in_progress"}}
    for index, item in enumerate(response["output"]):
        yield from _item(item, index, faults)
    if not faults.no_done:
        yield {"type": f"response.{response['status']}", "response": response}


def _item(item: Item, index: int, faults: Faults) -> Iterator[Item]:
    empty: dict[str, Item] = {
        "reasoning": {"summary": []},
        "message": {"content": []},
        "function_call": {"arguments": ""},
    }
    begun = {**item, "status": "in_progress", **empty[item["type"]]}
    yield {"type": "response.output_item.added", "output_index": index, "item": begun}
    at = {"item_id": item["id"], "output_index": index}
    match item["type"]:
        case "reasoning":
            yield from _part(item["summary"][0], {**at, "summary_index": 0}, "reasoning_summary", None)
        case "message":
            yield from _part(item["content"][0], {**at, "content_index": 0}, "output", faults.frames)
        case "function_call":
            yield from _texts("function_call_arguments", ("arguments", item["arguments"]), at, None)
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _part(part: Item, at: Item, subject: str, count: int | None) -> Iterator[Item]:
    place = "reasoning_summary_part" if subject == "reasoning_summary" else "content_part"
    member = "refusal" if part["type"] == "refusal" else "text"
    name = "refusal" if member == "refusal" else f"{subject}_text"
    yield {"type": f"response.{place}.added", **at, "part": {**part, member: ""}}
    yield from _texts(name, (member, part[member]), at, count)
    yield {"type": f"response.{place}.done", **at, "part": part}


def _texts(name: str, told: tuple[str, str], at: Item, count: int | None) -> Iterator[Item]:
    member, text = told
    more: dict[str, Any] = {"logprobs": []} if name == "output_text" else {}
    for piece in pieces(text, count if text else None):
        yield {"type": f"response.{name}.delta", **at, "delta": piece, **more}
    yield {"type": f"response.{name}.done", **at, member: text, **more}
