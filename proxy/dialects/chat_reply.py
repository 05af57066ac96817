"""Replies that come in one piece."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from proxy.dialects.chat_message import read_message
from proxy.dialects.envelope import count_of, excerpt, find_failure, read_usage
from proxy.dialects.jsontext import REFUSALS, clean, elements, load, members, text_of
from proxy.messages import Choice, Message, Reply, Role


def read_reply(body: bytes, status: int) -> Reply:
    """A plain reply; each choice keeps the verbatim bytes of its message."""
    try:
        reply = _quickly(body) or _reply(body)
    except (ValueError, RecursionError):
        reply = Reply(complete=status >= 400, malformed=status < 400)
    return replace(reply, error=excerpt(body)) if status >= 400 and reply.error is None else reply


class _WireChoice(msgspec.Struct):
    message: msgspec.Raw
    index: int | None = None
    finish_reason: str | None = None
    logprobs: Any = None


class _Wire(msgspec.Struct):
    choices: list[_WireChoice]
    id: str = ""
    model: str = ""
    usage: Any = None
    error: Any = None
    object: str | None = None


_WIRE = msgspec.json.Decoder(_Wire)


def _quickly(body: bytes) -> Reply | None:
    """A reply with nothing unusual about it, in one typed scan; ``None`` for any other."""
    try:
        wire = _WIRE.decode(body)
    except REFUSALS:
        return None
    messages = [bytes(choice.message) for choice in wire.choices]
    usual = wire.error is None and wire.object != "error" and all(raw.startswith(b"{") for raw in messages)
    if not usual or any(choice.logprobs is not None for choice in wire.choices):
        return None
    choices = tuple(
        Choice(place if wired.index is None else wired.index, read_answer(raw), raw, _cleaned(wired.finish_reason))
        for place, (wired, raw) in enumerate(zip(wire.choices, messages, strict=True))
    )
    return Reply(clean(wire.id), clean(wire.model), choices, read_usage(wire.usage), complete=True)


def _cleaned(reason: str | None) -> str | None:
    return clean(reason) if reason else None


def _reply(body: bytes) -> Reply:
    top = members(body)
    error = find_failure(load(body))
    found = [members(choice) for choice in elements(top.get("choices", b"[]"))]
    whole = [choice for choice in found if choice.get("message", b"").startswith(b"{")]
    return Reply(
        id=text_of(_value(top, "id")),
        model=text_of(_value(top, "model")),
        choices=tuple(_choice(choice, place) for place, choice in enumerate(whole)),
        usage=read_usage(_value(top, "usage")),
        error=error,
        complete=True,
        malformed=len(whole) < len(found) or ("choices" not in top and error is None),
        logprobs=_logprobs(whole),
    )


def read_answer(body: bytes) -> Message:
    """A message that a model gave: whatever it calls itself, the assistant speaks."""
    message = read_message(body)
    return replace(message, role=Role.ASSISTANT) if message.role is Role.OTHER else message


def _value(fields: dict[str, bytes], name: str) -> Any:
    return load(fields.get(name, b"null"))


def _choice(fields: dict[str, bytes], place: int) -> Choice:
    index = count_of(_value(fields, "index"))
    return Choice(
        index=place if index is None else index,
        message=read_answer(fields["message"]),
        body=fields["message"],
        finish_reason=text_of(_value(fields, "finish_reason")) or None,
    )


def _logprobs(choices: list[dict[str, bytes]]) -> bytes | None:
    """A list with one entry a choice, verbatim; ``None`` if no choice has any."""
    found = [choice.get("logprobs", b"null") for choice in choices]
    return b"[" + b",".join(found) + b"]" if any(item != b"null" for item in found) else None
