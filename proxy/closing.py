"""The end of an exchange as a record: what was answered, used, paid, and how it ended. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from proxy.drafts import blob_of, search_text
from proxy.messages import Message, Reply, Usage
from storage.records import Closed, Link


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a reply besides its content."""

    exchange: bytes
    at: int
    ending: str
    status: int
    first_byte_at: int
    size: int
    upstream_id: str
    model: str
    body: bytes
    """Its bytes as far as they were kept: all, or an error's."""
    keeps: bool


Counted = Callable[[Message], int]
Priced = Callable[[str, Usage], int | None]


def closed(facts: Facts, reply: Reply | None, estimate: Callable[[Reply], Usage], price: Priced) -> Closed:
    """The record of a reply; ``reply`` is None for traffic that isn't parsed."""
    basis = Closed(
        exchange=facts.exchange,
        at=facts.at,
        ending=facts.ending,
        first_byte_at=facts.first_byte_at,
        status=facts.status,
        reply_bytes=facts.size,
        upstream_id=facts.upstream_id,
        error_body=facts.body[:ERROR_BYTES] if facts.status >= 400 else b"",
        raw=blob_of("raw", facts.body) if facts.keeps and facts.body else None,
    )
    if reply is None:
        return _failed(basis, facts)
    answered = bool(reply.choices)
    usage, source = (reply.usage, "reported") if reply.usage else (None, "unknown")
    if usage is None and answered:
        usage, source = estimate(reply), "estimated"
    usage = usage or Usage()
    error = reply.error
    return msgspec.structs.replace(
        _failed(basis, facts) if error is None else basis,
        ending="upstream_error" if error and facts.ending == "complete" else facts.ending,
        model=reply.model or facts.model,
        finish_reason=reply.choices[0].finish_reason or "" if answered else "",
        prompt_tokens=usage.prompt,
        completion_tokens=usage.completion,
        cached_tokens=usage.cached,
        reasoning_tokens=usage.reasoning,
        usage_source=source,
        cost=price(reply.model or facts.model, usage) if usage.prompt is not None else None,
        malformed=reply.malformed,
        logprobs=reply.logprobs or b"",
        **({"error_type": error.type, "error_code": error.code, "error_message": error.message} if error else {}),
    )


ERROR_BYTES = 65_536


def _failed(basis: Closed, facts: Facts) -> Closed:
    """A status that says error counts as one, whatever the body."""
    if facts.status < 400:
        return basis
    ending = "upstream_error" if facts.ending == "complete" else facts.ending
    return msgspec.structs.replace(
        basis, ending=ending, error_code=str(facts.status), error_message=f"the upstream answered {facts.status}"
    )


def answers(reply: Reply, count: Counted) -> tuple[tuple[Link, ...], tuple[Message, ...]]:
    """A reply's messages as records still without a place, and as values."""
    links = tuple(
        Link(
            role=choice.message.role,
            body=choice.body,
            text=search_text(choice.message),
            tokens=count(choice.message),
        )
        for choice in reply.choices
    )
    return links, tuple(choice.message for choice in reply.choices)


def residue_of(body: bytes, reply: Reply) -> bytes:
    """What stands around the answers in a plain reply; empty where they aren't found in it one after the other."""
    pieces, at = [], 0
    for choice in reply.choices:
        start = body.find(choice.body, at)
        if start < 0 or reply.reassembled:
            return b""
        pieces.append(body[at:start])
        at = start + len(choice.body)
    return msgspec.msgpack.encode([*pieces, body[at:]])
